"""Requests that somebody could think of, given what there is: most are fit, many just not.

`pick` chooses one of a list: what drives it, a seed or a search for a counterexample, is the
caller's.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from tests.examples.model.books import NOBODY, Books, Who
from tests.examples.model.entities import Hold
from tests.examples.model.imagined_instructions import Instructions, instructed
from tests.examples.model.ledger import RULES, Asked

Pick = Callable[[Sequence[Any]], Any]
Said = dict[str, Any]

OPENED: dict[str, Said] = {
    "world": {"overdraft_limit": None},
    "ann": {"owner": "ann"},
    "ann:rent": {"owner": "ann"},
    "bob": {"owner": "bob", "overdraft_limit": "50"},
    "dollars": {"owner": "bob", "currency": "USD"},
    "till": {"owner": "bob", "normal_balance": "debit"},
}
"""What there is in the beginning, in euros unless it is said; owners are named."""
COMING, MISSING = ("new", "new:two"), "nobody"
AMOUNTS = (1, 2, 5, 20, 100)
LARGE = (10**37, 10**38 - 1)
FIT = {
    **dict.fromkeys(("expire_holds", "sweep_account", "run_standing_order"), "system"),
    "close_books": "cleo",
    "reverse_transfer": "flo",
    "set_sweep": "ann",
}
"""Who may ask for what an operator may not, or sees less of it."""
SCOPES = ("debits", "credits", "all")
WHY = {"reason": "It is asked for"}


def beginning(people: Mapping[str, Who], today: date) -> list[Asked]:
    """What is asked before anything else: accounts, some money in them, and what is to recur."""
    found: list[Asked] = []
    for code, about in OPENED.items():
        said = {"code": code, "name": code.title(), "currency": "EUR", **about}
        owner = {"owner": people[said["owner"]].id} if "owner" in said else {}
        found.append(Asked(people["sam"], "open_account", {**said, **owner}))
    for code in ("ann", "bob"):
        pay = {"from": "world", "to": code, "amount": 500}
        found.append(Asked(people["sam"], "post_transfer", pay))
    return [*found, *instructed(people, today)]


class Imagination(Instructions):
    """Thinks of requests; `people` are those who ask, by name."""

    def __init__(self, books: Books, people: Mapping[str, Who], pick: Pick) -> None:
        self.books, self.people, self.pick = books, people, pick

    def request(self) -> Asked:
        """A request for any command there is, mostly by somebody who may."""
        command = self.pick(self._commands())
        fit = FIT.get(command, "sam")
        who = self.people[self.pick([fit] * 8 + [*self.people])]
        said = getattr(self, command)(who)
        return Asked(who, command, said, self._version(command, said))

    def _commands(self) -> list[str]:
        """Those for which there is something; more often those that give others something to do."""
        holds = self._holds()
        accounts = self.books.accounts.values()
        unusable = sum(bool(account.frozen or account.closed) for account in accounts)
        found = [name for name in RULES if holds or name not in ("capture_hold", "release_hold")]
        found += ["post_transfer"] * 6 + ["place_hold"] * 4 + ["reverse_transfer"] * 2
        found += ["capture_hold"] * 4 * min(len(self._open_holds()), 2)
        found += ["run_standing_order"] * 3 * min(len(self.due()), 2)
        return found + ["unfreeze_account", "reopen_account"] * unusable

    # --- accounts ---------------------------------------------------------------------------

    def open_account(self, who: Who) -> Said:
        said: Said = {
            "code": self.pick([*COMING, *COMING, "ann"]),
            "name": "New",
            "currency": self.pick(["EUR", "EUR", "USD", "JPY"]),
        }
        if self.pick([False, False, True]):
            said["normal_balance"] = self.pick(["credit", "debit"])
        if self.pick([False, False, True]):
            said["overdraft_limit"] = self.pick([0, "30", None])
        if self.pick([False, True]):
            said["owner"] = self.pick([None, who.id, self.people["ann"].id, NOBODY])
        return said

    def change_account_details(self, who: Who) -> Said:
        said: Said = {"account": self.pick([self._account(who), *self.owned_payers()])}
        for name, values in {
            "name": ["Ann", "Anna"],
            "metadata": [{}, {"tier": "1"}],
            "owner": [None, who.id, self.people["bob"].id, NOBODY],
        }.items():
            if self.pick([False, True]):
                said[name] = self.pick(values)
        return said if len(said) > 1 else {**said, "name": "Ann"}

    def change_overdraft_limit(self, who: Who) -> Said:
        limit = self.pick([0, 0, "10", "50", 10**38 - 1, None])
        return {"account": self._account(who), "overdraft_limit": limit, **WHY}

    def freeze_account(self, who: Who) -> Said:
        """One as it is frozen already, or a payee before it is paid, or any."""
        frozen = [(a.code, a.frozen) for a in self.books.accounts.values() if a.frozen]
        waiting = [(code, self.pick(SCOPES)) for code in self._payees()]
        code, scope = self.pick([(self._account(who), self.pick(SCOPES)), *frozen, *waiting])
        return {"account": code, "scope": scope, **WHY}

    def unfreeze_account(self, who: Who) -> Said:
        frozen = [code for code, account in self.books.accounts.items() if account.frozen]
        return {"account": self.pick([*frozen, *frozen, self._account(who)]), **WHY}

    def close_account(self, who: Who) -> Said:
        """Mostly one that is empty, best after it was used, or before it is paid."""
        empty = [account for account in self.books.accounts.values() if not account.posted]
        used = [each.code for each in empty if each.moves or each.code in self._payees()]
        return {
            "account": self.pick([*used * 4, *[each.code for each in empty], self._account(who)]),
            **WHY,
        }

    def reopen_account(self, who: Who) -> Said:
        closed = [code for code, account in self.books.accounts.items() if account.closed]
        return {"account": self.pick([*closed, *closed, *closed, self._account(who)]), **WHY}

    def close_books(self, who: Who) -> Said:
        days = self.pick([-90, -30, -30, -7, -2, -1, -1, 0, 1])
        day = self.books.today + timedelta(days=days)
        return {"through": str(self.pick([day, day, self.books.closed_through or day])), **WHY}

    # --- transfers --------------------------------------------------------------------------

    def post_transfer(self, who: Who) -> Said:
        kind = self.pick(["short"] * 4 + ["top-up"] * 5 + ["legs"] * 4 + ["exchange"])
        said: Said = getattr(self, f"_{kind.replace('-', '_')}")(who)
        if self.pick([False, False, False, True]):
            said["effective_on"] = self._day()
        if self.pick([False] * 6 + [True]):
            said["currency"] = self.pick(["EUR", "EUR", "USD"])
        if self.pick([False, False, True]):
            said |= {"description": "What for", "reference": "r-1", "metadata": {"k": "ü"}}
        return said

    def reverse_transfer(self, who: Who) -> Said:
        ids = list(self.books.transfers)
        closed = {code for code, account in self.books.accounts.items() if account.closed}
        of_closed = [
            id_
            for id_, transfer in self.books.transfers.items()
            if closed.intersection(code for code, _, _ in transfer.legs)
        ]
        said: Said = {"transfer": self.pick([*ids[-6:] * 2, *of_closed[-3:], NOBODY]), **WHY}
        if self.pick([False, False, True]):
            said["effective_on"] = self._day()
        if self.pick([False, False, True]):
            said["force"] = self.pick([True, True, False])
        return said

    def _short(self, who: Who) -> Said:
        source = self._account(who)
        amount = self._amount(source)
        return {"from": source, "to": self._account(None), "amount": amount}

    def _top_up(self, who: Who) -> Said:
        amount = self.pick([*AMOUNTS, 100, 100, 1_000, *LARGE])
        return {"from": "world", "to": self._account(who), "amount": amount}

    def _legs(self, who: Who) -> Said:
        source, one, two = self._account(who), self._account(None), self._account(None)
        amount, part = int(self._amount(source)), self.pick([1, 2, 5])
        # A part that is not in the whole is left over: the legs do not balance.
        rest = max(amount - part, 1)
        legs = [(source, "debit", amount), (one, "credit", part), (two, "credit", rest)]
        if self.pick([False, False, True]):
            legs += [(source, "credit", part), (self._account(who), "debit", part)]
        elif self.pick([False, False, True]):
            legs = [(source, "debit", amount), (one, "credit", self.pick([amount, part]))]
        return self._listed(legs)

    def _exchange(self, who: Who) -> Said:
        """Between currencies, in legs that balance in each."""
        amount, dollars = self.pick(AMOUNTS), self._in("USD")
        legs = [("world", "debit", amount), (self._account(who), "credit", amount)]
        return self._listed([*legs, (dollars, "debit", 1), (self._in("USD"), "credit", 1)])

    def _listed(self, legs: Sequence[tuple[str, str, int]]) -> Said:
        names = ("account", "direction", "amount")
        found = [dict(zip(names, (a, d, self._said(n)), strict=True)) for a, d, n in legs]
        if self.pick([False] * 5 + [True]):
            found[0]["currency"] = self.pick(["EUR", "EUR", "USD"])
        return {"legs": found}

    # --- holds ------------------------------------------------------------------------------

    def place_hold(self, who: Who) -> Said:
        rich = [a.code for a in self.books.accounts.values() if a.available(self.books.now) != 0]
        holding = [hold.account for hold in self._open_holds()]
        account = self.pick([*rich, *holding * 2, self._account(who)])
        said: Said = {"account": account, "amount": self._amount(account)}
        if self.pick([False, True, True]):
            said["payee"] = self._account(None)
        if self.pick([False, True]):
            said["expires_in"] = self.pick([1, 60, 86_400, 3_000_000])
        if self.pick([False, True]):
            said["reference"] = "table-4"
        return said

    def capture_hold(self, who: Who) -> Said:
        said = self._of_a_hold(who)
        if self.pick([False, True]):
            hold = self.books.hold(said["hold"])
            left = hold.remaining(self.books.now) if hold else 0
            said["amount"] = self._said(self.pick([1, 1, max(left, 1), min(left + 1, LARGE[-1])]))
        if self.pick([False, True]):
            said["final"] = self.pick([False, False, True])
        if self.pick([False, True]):
            payee = self.books.hold(said["hold"])
            usual = (payee and payee.payee) or "bob"
            said["payee"] = self.pick([usual, self._account(None), self._in("USD")])
        return said

    def release_hold(self, who: Who) -> Said:
        return self._of_a_hold(who) | self.pick([{}, WHY])

    def expire_holds(self, who: Who) -> Said:
        return {"account": self._account(who)}

    def _open_holds(self) -> list[Hold]:
        return [hold for hold in self._holds() if hold.status(self.books.now) == "open"]

    def _holds(self) -> list[Hold]:
        return [hold for each in self.books.accounts.values() for hold in each.holds.values()]

    def _payees(self) -> list[str]:
        """Who waits to be paid out of a hold."""
        return sorted({hold.payee for hold in self._open_holds() if hold.payee})

    def _of_a_hold(self, who: Who) -> Said:
        """Mostly of one that is open, and of its own account."""
        several = [*self._open_holds() * 3, *self._holds()[-3:]]
        if not several or self.pick([False] * 9 + [True]):
            return {"account": self._account(who), "hold": NOBODY}
        hold = self.pick(several)
        return {"account": self.pick([*[hold.account] * 9, "ann", MISSING]), "hold": hold.id}

    # --- parts ------------------------------------------------------------------------------

    def _account(self, who: Who | None) -> str:
        """Mostly one that is there, and of one's own."""
        codes = list(self.books.accounts)
        own = [code for code in codes if who and self.books.accounts[code].owner == who.id]
        return self.pick([*codes * 2, *own * 9, MISSING])

    def _in(self, currency: str) -> str:
        accounts = self.books.accounts.values()
        return self.pick([each.code for each in accounts if each.currency == currency])

    def _amount(self, code: str) -> int | str:
        """Small, or all there is, or more than that."""
        account = self.books.accounts.get(code)
        available = account.available(self.books.now) if account else 0
        all_ = min(max(available or 0, 1), LARGE[-1] - 1)
        return self._said(self.pick([*AMOUNTS, 1, 2, 5, all_, all_ + 1, LARGE[-1]]))

    def _said(self, amount: int) -> int | str:
        return self.pick([amount, str(amount)])

    def _day(self) -> str:
        days = [timedelta(days=days) for days in (0, -1, -1, -10, -40, 1)]
        found = [self.books.today + each for each in days]
        closed = self.books.closed_through
        return str(self.pick([*found, *([closed, closed + timedelta(days=1)] if closed else ())]))

    def _version(self, command: str, said: Said) -> int | None:
        """Sometimes the version that the account has, or had."""
        if "account" not in said or command == "expire_holds":
            return None
        now = self.books.versions.get(f"account-{said['account']}", 0)
        return self.pick([*[None] * 4, now, max(now - 1, 1)])
