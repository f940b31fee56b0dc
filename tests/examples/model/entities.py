"""What the model keeps: accounts as lists of what moved, holds as lists of what was captured,
standing orders as lists of what came of their dates.

Nothing is kept that can be added up. Amounts are minor units, ids are texts.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

EXPONENTS = {"EUR": 2, "USD": 2, "JPY": 0}
"""Of the currencies that the model knows (ISO 4217)."""


class No(Exception):
    """A rule says no: its status, code, what it points at, and facts as they are told."""

    def __init__(self, code: str, status: int = 422, pointer: str = "", **facts: Any) -> None:
        self.status, self.answer = status, {"code": code, "pointer": pointer, "facts": facts}
        super().__init__(code)


def stamp(time: datetime | None) -> str | None:
    """A time as it is told."""
    return None if time is None else f"{time:%Y-%m-%dT%H:%M:%S.%fZ}"


@dataclass
class Hold:
    """Set aside of an account; `ended` says how, once that is recorded."""

    id: str
    account: str
    amount: int
    expires_at: datetime | None
    payee: str | None
    reference: str
    position: int
    captures: list[tuple[str, int]] = field(default_factory=list)
    ended: str | None = None

    def status(self, now: datetime) -> str:
        """A hold whose time is over has expired, recorded or not."""
        overdue = self.expires_at is not None and now >= self.expires_at
        return self.ended or ("expired" if overdue else "open")

    def remaining(self, now: datetime) -> int:
        if self.status(now) != "open":
            return 0
        return self.amount - sum(amount for _, amount in self.captures)

    def shown(self, now: datetime) -> dict[str, Any]:
        return {
            "id": self.id,
            "account": self.account,
            "amount": str(self.amount),
            "remaining": str(self.remaining(now)),
            "status": self.status(now),
            "expires_at": stamp(self.expires_at),
            "payee": self.payee,
            "reference": self.reference,
            "transfers": [transfer for transfer, _ in self.captures],
            "position": self.position,
        }


@dataclass
class Transfer:
    """What was posted, as it is told; its legs are (account, direction, amount)."""

    legs: list[tuple[str, str, int]]
    told: dict[str, Any]

    def shown(self) -> dict[str, Any]:
        names = ("account", "direction", "amount")
        legs = [dict(zip(names, (a, d, str(n)), strict=True)) for a, d, n in self.legs]
        return {"legs": legs, **self.told}


@dataclass
class Move:
    """One change of one account by one transfer."""

    position: int
    transfer: str
    direction: str
    amount: int
    effective_on: str
    recorded_at: datetime


@dataclass
class Done:
    """What came of a date of a standing order: a transfer, or the code of what refused it."""

    on: date
    transfer: str | None
    code: str | None


@dataclass
class Order:
    """A standing order; the owner of its payer placed it, or, where `owner` is None, others did."""

    id: str
    payer: str
    payee: str
    amount: int
    every: str
    first_on: date
    last_on: date | None
    description: str
    owner: str | None
    position: int
    done: list[Done] = field(default_factory=list)
    cancelled: bool = False

    def on(self, number: int) -> date:
        """One of its dates, the first being 0; a month without its day has its last one."""
        if self.every != "month":
            return self.first_on + timedelta(days=number * {"day": 1, "week": 7}[self.every])
        months = 12 * self.first_on.year + self.first_on.month - 1 + number
        begins, ends = (date(each // 12, each % 12 + 1, 1) for each in (months, months + 1))
        return min(begins + timedelta(days=self.first_on.day - 1), ends - timedelta(days=1))

    @property
    def next_on(self) -> date | None:
        """The first of its dates of which nothing has come, if something is to come of it."""
        coming = self.on(len(self.done))
        over = self.last_on is not None and coming > self.last_on
        lost = bool(self.done) and self.done[-1].code == "owner-changed"
        return None if over or lost or self.cancelled else coming

    @property
    def status(self) -> str:
        return "cancelled" if self.cancelled else "open" if self.next_on else "ended"

    def shown(self) -> dict[str, Any]:
        last = self.done[-1] if self.done else None
        return {
            "id": self.id,
            "from": self.payer,
            "to": self.payee,
            "amount": str(self.amount),
            "every": self.every,
            "first_on": str(self.first_on),
            "last_on": self.last_on and str(self.last_on),
            "description": self.description,
            "status": self.status,
            "next_on": self.next_on and str(self.next_on),
            "last": last and {"on": str(last.on), "transfer": last.transfer, "code": last.code},
            "position": self.position,
        }


@dataclass
class Account:
    """An account that was opened; `limit` None is unlimited.

    Less than `low` is told of; what is beyond the first of `sweep` goes to the second.
    """

    code: str
    name: str
    currency: str
    side: str
    limit: int | None
    owner: str | None
    metadata: dict[str, str]
    frozen: str | None = None
    closed: bool = False
    low: int | None = None
    sweep: tuple[int, str] | None = None
    moves: list[Move] = field(default_factory=list)
    holds: dict[str, Hold] = field(default_factory=dict)

    def total(self, direction: str) -> int:
        return sum(move.amount for move in self.moves if move.direction == direction)

    @property
    def posted(self) -> int:
        """What was moved on its own side, less what was moved on the other."""
        other = {"credit": "debit", "debit": "credit"}[self.side]
        return self.total(self.side) - self.total(other)

    def held(self, now: datetime) -> int:
        return sum(hold.remaining(now) for hold in self.holds.values())

    def available(self, now: datetime) -> int | None:
        return None if self.limit is None else self.posted + self.limit - self.held(now)

    def refuses(self, direction: str) -> bool:
        return self.frozen in ("all", direction + "s")

    def shown(self, now: datetime, version: int, position: int) -> dict[str, Any]:
        available = self.available(now)
        status = "frozen" if self.frozen else "open"
        return {
            "code": self.code,
            "name": self.name,
            "currency": self.currency,
            "exponent": EXPONENTS[self.currency],
            "normal_balance": self.side,
            "overdraft_limit": None if self.limit is None else str(self.limit),
            "owner": self.owner,
            "status": "closed" if self.closed else status,
            "frozen_scope": self.frozen,
            "metadata": self.metadata,
            "posted": str(self.posted),
            "held": str(self.held(now)),
            "available": None if available is None else str(available),
            "debits": str(self.total("debit")),
            "credits": str(self.total("credit")),
            "version": version,
            "position": position,
        }
