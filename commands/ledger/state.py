"""What the ledger's entities are, as the sum of their events: they answer questions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from eventstore.events.ledger import (
    AccountCredited,
    AccountDebited,
    AccountDetailsChanged,
    AccountOpened,
    Direction,
    Leg,
    NormalBalance,
    ReferenceUsed,
    TransferPosted,
)
from eventstore.values import Amount, changed, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account; before it is opened, `code` is empty. Amounts are minor units."""

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
    status: str = "open"
    frozen_scope: str | None = None

    @property
    def exists(self) -> bool:
        return bool(self.code)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A transfer; before it is posted, it has no legs."""

    legs: tuple[Leg, ...] = ()
    effective_on: date = date.min
    description: str = ""
    reference: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A reference that may be used once; before it is, there is no transfer."""

    transfer: UUID | None = None


def evolve_account(account: Account, event: Any) -> Account:
    match event:
        case AccountDebited():
            return changed(account, debits=account.debits + event.amount)
        case AccountCredited():
            return changed(account, credits=account.credits + event.amount)
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
            return changed(account, **told(event))
    raise TypeError(f"an account does not know {event!r}")


def evolve_transfer(transfer: Transfer, event: Any) -> Transfer:
    match event:
        case TransferPosted():
            return Transfer(
                legs=event.legs,
                effective_on=event.effective_on,
                description=event.description,
                reference=event.reference,
                metadata=event.metadata,
            )
    raise TypeError(f"a transfer does not know {event!r}")


def evolve_reference(reference: Reference, event: Any) -> Reference:
    match event:
        case ReferenceUsed():
            return Reference(transfer=event.transfer)
    raise TypeError(f"a reference does not know {event!r}")
