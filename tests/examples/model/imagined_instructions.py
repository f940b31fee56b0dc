"""Requests about standing instructions that somebody could think of."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from tests.examples.model.books import NOBODY, Books, Who
from tests.examples.model.instructions import due_orders
from tests.examples.model.ledger import Asked

Said = dict[str, Any]

LEVELS = (0, 1, "5", 100, 480, "1000", 10**37)


def instructed(people: Mapping[str, Who], today: date) -> list[Asked]:
    """An order of an owner, one of an operator, and a sweep."""
    daily = {"from": "ann", "to": "bob", "amount": 200, "every": "day", "first_on": str(today)}
    weekly = {**daily, "from": "world", "to": "ann:rent", "amount": 20, "every": "week"}
    sweep = {"account": "ann:rent", "above": 10, "to": "ann"}
    return [
        Asked(people["ann"], "place_standing_order", daily),
        Asked(people["sam"], "place_standing_order", weekly),
        Asked(people["ann"], "set_sweep", sweep),
    ]


class Instructions:
    """What an imagination thinks of about alerts, sweeps and standing orders."""

    books: Books
    pick: Callable[[Sequence[Any]], Any]
    _account: Callable[[Who | None], str]
    _amount: Callable[[str], int | str]

    def set_alert(self, who: Who) -> Said:
        return {"account": self._account(who), "low": self.pick([None, *LEVELS])}

    def set_sweep(self, who: Who) -> Said:
        """Sometimes as it is already, or none."""
        sweeps = [(a.code, *a.sweep) for a in self.books.accounts.values() if a.sweep]
        anew = self._account(who), self.pick(LEVELS), self._account(who)
        code, above, to = self.pick([anew, anew, anew, *sweeps])
        is_off = self.pick([False] * 5 + [True])
        return {"account": code, "above": None} if is_off else _swept(code, above, to)

    def sweep_account(self, who: Who) -> Said:
        """Mostly as an account is set to, and sometimes as it was."""
        sweeps = [(a.code, a.sweep[1]) for a in self.books.accounts.values() if a.sweep]
        code, to = self.pick(
            [*sweeps * 2, (self._account(who), self._account(None)), (NOBODY, "ann")]
        )
        return {"account": code, "to": to}

    def place_standing_order(self, who: Who) -> Said:
        payer = self._account(who)
        first_on = self.books.today + timedelta(days=self.pick([0, 0, 0, 1, 20, -1]))
        said: Said = {
            "from": payer,
            "to": self._account(None),
            "amount": self._amount(payer),
            "every": self.pick(["day", "week", "month", "month"]),
            "first_on": str(first_on),
        }
        if self.pick([False, False, True]):
            said["last_on"] = str(first_on + timedelta(days=self.pick([0, 0, 1, 40, -1])))
        return said | self.pick([{}, {"description": "Rent"}])

    def cancel_standing_order(self, who: Who) -> Said:
        return {"order": self._order(), "reason": "It is asked for"}

    def run_standing_order(self, who: Who) -> Said:
        return {"order": self._order()}

    def due(self) -> list[str]:
        """The standing orders that have something to do."""
        return [id_ for begins, id_ in due_orders(self.books) if begins <= self.books.now]

    def owned_payers(self) -> list[str]:
        """Whose owner's standing orders end when they are another's."""
        orders = self.books.orders.values()
        return [order.payer for order in orders if order.owner and order.next_on]

    def _order(self) -> str:
        """Mostly one that has something to do."""
        return self.pick([*self.due() * 6, *self.books.orders, NOBODY])


def _swept(account: str, above: int | str, to: str) -> Said:
    return {"account": account, "above": above, "to": to}
