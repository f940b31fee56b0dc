"""What can happen in the ledger: a class may be renamed, its name in the log is for ever.

Amounts are positive integers in the minor unit of the account's currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Literal
from uuid import UUID

from eventstore.registry import event
from eventstore.values import UNCHANGED, Amount, Unchanged

Direction = Literal["debit", "credit"]
NormalBalance = Literal["credit", "debit"]


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
    """Value moved between accounts: per currency the debits equal the credits."""

    legs: tuple[Leg, ...]
    effective_on: date
    description: str = ""
    reference: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@event("ledger.reference_used")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceUsed:
    """A transfer used this reference, which no other may use from now on."""

    reference: str
    transfer: UUID
