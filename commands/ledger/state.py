"""What the ledger's entities are, as the sum of their events: they answer questions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from eventstore.events.ledger import (
    AccountClosed,
    AccountCredited,
    AccountDebited,
    AccountDetailsChanged,
    AccountFrozen,
    AccountOpened,
    AccountReopened,
    AccountUnfrozen,
    AlertSet,
    BooksClosed,
    BooksReopened,
    Direction,
    HoldCaptured,
    HoldExpired,
    HoldPlaced,
    HoldReleased,
    Leg,
    NormalBalance,
    OverdraftLimitChanged,
    ReferenceUsed,
    Scope,
    SweepSet,
    TransferPosted,
    TransferReversed,
)
from eventstore.values import Amount, changed, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold on an account; `remaining` is what is set aside still, in minor units."""

    amount: Amount
    remaining: Amount
    expires_at: datetime | None = None
    payee: str | None = None
    reference: str = ""
    transfers: tuple[UUID, ...] = ()
    status: str = "open"

    def is_overdue(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What goes to another account: all beyond `above`."""

    above: Amount
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account; before it is opened, `code` is empty. Amounts are minor units.

    `holds` are those that are open, `ended` is the one that the last event ended: who ended it is
    told what it was. Of less than `low` its owner is told, or who set that while it has none.
    """

    code: str = ""
    name: str = ""
    currency: str = ""
    exponent: int = 0
    normal_balance: NormalBalance = "credit"
    overdraft_limit: Amount | None = 0
    owner: UUID | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    debits: Amount = 0
    credits: Amount = 0
    held: Amount = 0
    holds: Mapping[UUID, Hold] = field(default_factory=dict)
    ended: Hold | None = None
    closed: bool = False
    frozen_scope: Scope | None = None
    low: Amount | None = None
    told: UUID | None = None
    sweep: Sweep | None = None

    @property
    def exists(self) -> bool:
        return bool(self.code)

    @property
    def status(self) -> str:
        """Open, frozen, or closed, which says more."""
        return "closed" if self.closed else "frozen" if self.frozen_scope else "open"

    @property
    def posted(self) -> int:
        """The balance in the account's own direction."""
        balance = self.credits - self.debits
        return balance if self.normal_balance == "credit" else -balance

    @property
    def available(self) -> int | None:
        """What may still flow out; None when that is unlimited."""
        if self.overdraft_limit is None:
            return None
        return self.posted - self.held + self.overdraft_limit

    def lowered_by(self, direction: Direction) -> bool:
        """Whether an entry in this direction flows out of the account."""
        return direction != self.normal_balance

    def refuses(self, direction: Direction) -> bool:
        """Whether it is frozen in this direction."""
        return self.frozen_scope in ("all", f"{direction}s")

    @property
    def due_at(self) -> datetime | None:
        """When the time of the first of its holds is over."""
        return min(
            (hold.expires_at for hold in self.holds.values() if hold.expires_at), default=None
        )

    def overdue(self, now: datetime) -> tuple[UUID, ...]:
        """The holds whose time is over, as they were placed."""
        return tuple(id_ for id_, hold in self.holds.items() if hold.is_overdue(now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A transfer; before it is posted, it has no legs."""

    legs: tuple[Leg, ...] = ()
    effective_on: date = date.min
    description: str = ""
    reference: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    reverses: UUID | None = None
    reversed_by: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The book's periods: what is closed, through which business date."""

    closed_through: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A reference that may be used once; before it is, there is no transfer."""

    transfer: UUID | None = None


def evolve_account(account: Account, event: Any) -> Account:
    match event:
        case AccountDebited():
            return changed(account, debits=account.debits + event.amount, ended=None)
        case AccountCredited():
            return changed(account, credits=account.credits + event.amount, ended=None)
        case HoldPlaced() | HoldCaptured() | HoldReleased() | HoldExpired():
            return _evolve_holds(account, event)
        case AccountOpened():
            return Account(
                code=event.code,
                name=event.name,
                currency=event.currency,
                exponent=event.exponent,
                normal_balance=event.normal_balance,
                overdraft_limit=event.overdraft_limit,
                owner=event.owner,
                metadata=event.metadata,
            )
        case AccountDetailsChanged():
            return _evolve_details(account, event)
        case OverdraftLimitChanged():
            return changed(account, overdraft_limit=event.overdraft_limit, ended=None)
        case AccountFrozen():
            return changed(account, frozen_scope=event.scope, ended=None)
        case AccountUnfrozen():
            return changed(account, frozen_scope=None, ended=None)
        case AccountClosed() | AccountReopened():
            return changed(account, closed=isinstance(event, AccountClosed), ended=None)
        case AlertSet():
            return changed(account, low=event.low, told=event.told, ended=None)
        case SweepSet():
            return changed(account, sweep=_sweep(event), ended=None)
    raise TypeError(f"an account does not know {event!r}")


def _evolve_details(account: Account, event: AccountDetailsChanged) -> Account:
    """What an account is set to move is what its owner wanted, and ends with another one."""
    found = told(event)
    sweep = None if "owner" in found else account.sweep
    return changed(account, **found, sweep=sweep, ended=None)


def _sweep(event: SweepSet) -> Sweep | None:
    if event.above is None or event.to is None:
        return None
    return Sweep(above=event.above, to=event.to)


def _evolve_holds(account: Account, event: Any) -> Account:
    match event:
        case HoldPlaced():
            placed = Hold(
                amount=event.amount,
                remaining=event.amount,
                expires_at=event.expires_at,
                payee=event.payee,
                reference=event.reference,
            )
            return _with_holds(account, {**account.holds, event.hold: placed})
        case HoldCaptured():
            was = account.holds[event.hold]
            now = changed(
                was,
                remaining=was.remaining - event.amount,
                transfers=(*was.transfers, event.transfer),
            )
            after = changed(account, debits=account.debits + event.amount)
            if event.final or not now.remaining:
                return _without(after, (event.hold,), changed(now, remaining=0, status="captured"))
            return _with_holds(after, {**account.holds, event.hold: now})
        case HoldReleased():
            was = account.holds[event.hold]
            return _without(account, (event.hold,), changed(was, remaining=0, status="released"))
    return _without(account, event.holds)


def _without(account: Account, gone: tuple[UUID, ...], ended: Hold | None = None) -> Account:
    kept = {id_: hold for id_, hold in account.holds.items() if id_ not in gone}
    return _with_holds(account, kept, ended)


def _with_holds(account: Account, holds: dict[UUID, Hold], ended: Hold | None = None) -> Account:
    held = sum(hold.remaining for hold in holds.values())
    return changed(account, holds=holds, held=held, ended=ended)


def evolve_transfer(transfer: Transfer, event: Any) -> Transfer:
    match event:
        case TransferPosted():
            return Transfer(
                legs=event.legs,
                effective_on=event.effective_on,
                description=event.description,
                reference=event.reference,
                metadata=event.metadata,
                reverses=event.reverses,
            )
        case TransferReversed():
            return changed(transfer, reversed_by=event.reversal)
    raise TypeError(f"a transfer does not know {event!r}")


def evolve_reference(reference: Reference, event: Any) -> Reference:
    match event:
        case ReferenceUsed():
            return Reference(transfer=event.transfer)
    raise TypeError(f"a reference does not know {event!r}")


def evolve_book(book: Book, event: Any) -> Book:
    match event:
        case BooksClosed() | BooksReopened():
            return Book(closed_through=event.through)
    raise TypeError(f"a book does not know {event!r}")
