"""The model's state, and what all its rules ask of it."""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.examples.model.entities import Account, Hold, Move, No, Order, Transfer, stamp

NAMELESS = "nameless"
"""How an id begins that the ledger drew for what it then undid."""
NOBODY = str(UUID(int=0xDEAD))
"""An id that nothing has."""
Legs = list[tuple[str, str, int]]


@dataclass(frozen=True)
class Who:
    """Somebody who asks: the id of a user, and what they may: view, operate, force, close."""

    id: str
    rights: frozenset[str] = frozenset()

    @property
    def is_product(self) -> bool:
        """The product itself asks for what nobody else may."""
        return self.rights == {"view", "operate", "force", "close"}

    def may(self, right: str) -> bool:
        """Whoever operates the ledger may also view it."""
        return right in self.rights or (right == "view" and "operate" in self.rights)


@dataclass
class Books:
    """Everything that is known at a time; `position` and `versions` count what happened.

    `names` are the ids to be used for what is made next: the ledger draws them, the model is told.
    What is refused in the end, with all that was made for it, has none.
    """

    users: set[str]
    zone: str = "UTC"
    self_service: bool = False
    most_holds: int = 1_000
    accounts: dict[str, Account] = field(default_factory=dict)
    transfers: dict[str, Transfer] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    closed_through: date | None = None
    position: int = 0
    versions: dict[str, int] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    now: datetime = datetime.min
    names: dict[str, str] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.zone)).date()

    def copy(self) -> "Books":
        return deepcopy(self)

    def record(self, stream: str, kind: str) -> int:
        """Something happened to a stream; its position."""
        self.position += 1
        self.versions[stream] = version = self.versions.get(stream, 0) + 1
        type_ = kind if "." in kind else f"ledger.{kind}"
        told = {"stream": stream, "version": version, "type": type_}
        self.events.append(told)
        return self.position

    def name(self, kind: str) -> str:
        """The id of a transfer, hold or order that is made now."""
        return self.names.get(kind) or f"{NAMELESS}-{self.position}"

    # --- who sees what --------------------------------------------------------------------

    def sees(self, who: Who, code: str | None) -> bool:
        """Whether an account exists for somebody."""
        account = self.accounts.get(code or "")
        return account is not None and (who.may("view") or account.owner == who.id)

    def seen(self, who: Who, code: str, pointer: str = "") -> Account:
        if not self.sees(who, code):
            raise No("account-not-found", 404, pointer, account=code)
        return self.accounts[code]

    def hold(self, id_: str) -> Hold | None:
        """A hold of whatever account."""
        return next((a.holds[id_] for a in self.accounts.values() if id_ in a.holds), None)

    # --- what every movement must respect --------------------------------------------------

    def in_use(self, code: str, direction: str) -> None:
        account = self.accounts[code]
        if account.closed:
            raise No("account-closed", account=code)
        if account.refuses(direction):
            raise No("account-frozen", account=code, scope=account.frozen)

    def business_date(self, asked: str | None) -> str:
        day = self.today if asked is None else date.fromisoformat(asked)
        if day > self.today:
            facts = {"effective_on": str(day), "today": str(self.today)}
            raise No("date-in-future", pointer="/effective_on", **facts)
        if self.closed_through and day <= self.closed_through:
            facts = {"effective_on": str(day), "closed_through": str(self.closed_through)}
            raise No("books-closed", pointer="/effective_on", **facts)
        return str(day)

    def covers(self, code: str, direction: str, amount: int) -> None:
        """See that as much may flow out: what is on an account's own side flows in."""
        account = self.accounts[code]
        available = account.available(self.now)
        if direction != account.side and available is not None and amount > available:
            raise No(
                "insufficient-funds",
                account=code,
                currency=account.currency,
                available=str(available),
                requested=str(amount),
            )

    # --- movements -------------------------------------------------------------------------

    def post(self, id_: str, legs: Legs, effective_on: str, **about: Any) -> str:
        """Record a transfer; each account it changes is then to be moved."""
        told = {
            "id": id_,
            "effective_on": effective_on,
            "recorded_at": stamp(self.now),
            "description": about.get("description", ""),
            "reference": about.get("reference", ""),
            "metadata": about.get("metadata", {}),
            "reverses": about.get("reverses"),
            "reversed_by": None,
            "position": self.record(f"transfer-{id_}", "transfer_posted"),
        }
        self.transfers[id_] = Transfer(legs, told)
        return id_

    def move(self, code: str, kind: str, transfer: str, amount: int, effective_on: str) -> int:
        """Record that a transfer changed an account, and how."""
        position = self.record(f"account-{code}", kind)
        direction = "credit" if kind == "account_credited" else "debit"
        move = Move(position, transfer, direction, amount, effective_on, self.now)
        self.accounts[code].moves.append(move)
        return position

    def move_all(self, legs: Legs, transfer: str, effective_on: str) -> None:
        for code, direction, amount in nets(legs):
            if amount:
                self.move(code, f"account_{direction}ed", transfer, amount, effective_on)

    def show(self, code: str) -> dict[str, Any]:
        """An account as it is told now."""
        version = self.versions[f"account-{code}"]
        return self.accounts[code].shown(self.now, version, self.position)


def nets(legs: Legs) -> Legs:
    """Each account once, with the direction and amount of all its legs together."""
    found: Legs = []
    for code in dict.fromkeys(code for code, _, _ in legs):
        debits = sum(amount for c, side, amount in legs if (c, side) == (code, "debit"))
        credits_ = sum(amount for c, side, amount in legs if (c, side) == (code, "credit"))
        side = "debit" if debits > credits_ else "credit"
        found.append((code, side, abs(credits_ - debits)))
    return found
