"""What can happen in the ledger: a class may be renamed, its name in the log is for ever.

Amounts are positive integers in the minor unit of the account's currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

from eventstore.registry import event
from eventstore.values import UNCHANGED, Amount, Unchanged

Direction = Literal["debit", "credit"]
NormalBalance = Literal["credit", "debit"]
Scope = Literal["debits", "credits", "all"]

BOOK = "book-main"
"""The stream of the book's periods."""


def account_stream(code: str) -> str:
    return f"account-{code}"


def transfer_stream(transfer: UUID) -> str:
    return f"transfer-{transfer}"


def reference_stream(reference: str) -> str:
    """The stream of a reference that may be used once: any text, of the length of its hash."""
    return f"reference-{sha256(reference.encode()).hexdigest()}"


def id_of(stream: str) -> str:
    """What stands behind the category: the account's code, the transfer's id."""
    return stream.partition("-")[2]


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a transfer: an account debited or credited by a positive amount."""

    account: str
    direction: Direction
    amount: Amount


@event("ledger.account_opened")
@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOpened:
    """An account exists from now on. `overdraft_limit` None is unlimited."""

    code: str
    name: str
    currency: str
    exponent: int
    normal_balance: NormalBalance
    overdraft_limit: Amount | None
    owner: UUID | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@event("ledger.account_details_changed")
@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDetailsChanged:
    """What describes the account is another now; what is left out stays as it was.

    `metadata` replaces all that was there, `owner` None leaves the account without one.
    """

    name: str | Unchanged = UNCHANGED
    metadata: Mapping[str, str] | Unchanged = UNCHANGED
    owner: UUID | Unchanged | None = UNCHANGED


@event("ledger.overdraft_limit_changed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OverdraftLimitChanged:
    """The account may be overdrawn by this much from now on; None is unlimited."""

    overdraft_limit: Amount | None
    reason: str


@event("ledger.account_frozen")
@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFrozen:
    """No debits, no credits, or neither, until the account is unfrozen."""

    scope: Scope
    reason: str


@event("ledger.account_unfrozen")
@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUnfrozen:
    """The account may be debited and credited again."""

    reason: str


@event("ledger.account_closed")
@dataclass(frozen=True, slots=True, kw_only=True)
class AccountClosed:
    """Nothing happens to the account any more, unless it is reopened."""

    reason: str


@event("ledger.account_reopened")
@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReopened:
    """The account is in use again, as it was when it was closed."""

    reason: str


@event("ledger.account_debited")
@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDebited:
    """A transfer debited the account by this amount, net of all its legs on it."""

    transfer: UUID
    amount: Amount
    effective_on: date


@event("ledger.account_credited")
@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCredited:
    """A transfer credited the account by this amount, net of all its legs on it."""

    transfer: UUID
    amount: Amount
    effective_on: date


@event("ledger.transfer_posted")
@dataclass(frozen=True, slots=True, kw_only=True)
class TransferPosted:
    """Value moved between accounts: per currency the debits equal the credits.

    `reverses` is the transfer that this one undoes.
    """

    legs: tuple[Leg, ...]
    effective_on: date
    description: str = ""
    reference: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    reverses: UUID | None = None


@event("ledger.transfer_reversed")
@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReversed:
    """The transfer was undone by another, whose legs are its own with their sides swapped."""

    reversal: UUID
    reason: str


@event("ledger.hold_placed", id_from="hold")
@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPlaced:
    """A part of what is available is set aside, until `expires_at` where that is given.

    `payee` is the account it is for, where that is known. The event's id is the hold's.
    """

    hold: UUID
    amount: Amount
    expires_at: datetime | None = None
    payee: str | None = None
    reference: str = ""


@event("ledger.hold_captured")
@dataclass(frozen=True, slots=True, kw_only=True)
class HoldCaptured:
    """A transfer debited the account by this amount out of a hold.

    What is left of the hold is released when the capture is `final`.
    """

    hold: UUID
    amount: Amount
    transfer: UUID
    effective_on: date
    final: bool = True


@event("ledger.hold_released")
@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReleased:
    """What is left of a hold is available again."""

    hold: UUID
    reason: str = ""


@event("ledger.hold_expired")
@dataclass(frozen=True, slots=True, kw_only=True)
class HoldExpired:
    """The time of these holds was over: what was left of them is available again."""

    holds: tuple[UUID, ...]


@event("ledger.books_closed")
@dataclass(frozen=True, slots=True, kw_only=True)
class BooksClosed:
    """Nothing more is recorded for this business date, or for any before it."""

    through: date
    reason: str


@event("ledger.books_reopened")
@dataclass(frozen=True, slots=True, kw_only=True)
class BooksReopened:
    """The dates after this one are open again; it and those before it stay closed."""

    through: date
    reason: str


@event("ledger.reference_used")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceUsed:
    """A transfer used this reference, which no other may use from now on."""

    reference: str
    transfer: UUID


@event("ledger.alert_set")
@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSet:
    """Less than `low` available is to be told from now on; None is not to be told.

    Its owner is told; while it has none it is who is named here, who set it.
    """

    low: Amount | None
    told: UUID | None = None


@event("ledger.sweep_set")
@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSet:
    """What is on the account beyond `above` goes to another one from now on; None leaves it.

    That is so until the account is another owner's.
    """

    above: Amount | None
    to: str | None = None
