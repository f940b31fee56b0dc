"""What can happen to standing orders, which have transfers posted from date to date.

Amounts are positive integers in the minor unit of the accounts' currency.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from eventstore.recurring import Every
from eventstore.registry import event
from eventstore.values import Amount

OWNER_CHANGED = "owner-changed"
"""The code of what is refused because the payer is no longer theirs who placed the order."""


def order_stream(order: UUID) -> str:
    return f"order-{order}"


@event("orders.placed")
@dataclass(frozen=True, slots=True, kw_only=True)
class StandingOrderPlaced:
    """On `first_on`, and every day, week or month after it, the payee is to get this amount.

    `last_on` is the last day on which that may be, where there is one. `owner` owned the payer and
    placed the order; None where it was placed by those who operate the ledger: who did is `told` of
    skipped dates where the payer has no owner.
    """

    payer: str
    payee: str
    amount: Amount
    every: Every
    first_on: date
    last_on: date | None = None
    description: str = ""
    owner: UUID | None = None
    told: UUID | None = None


@event("orders.run")
@dataclass(frozen=True, slots=True, kw_only=True)
class StandingOrderRun:
    """For the date `on` of the order, this transfer was posted."""

    on: date
    transfer: UUID


@event("orders.skipped")
@dataclass(frozen=True, slots=True, kw_only=True)
class StandingOrderSkipped:
    """For the date `on` of the order nothing was posted: the rule with this code refused it."""

    on: date
    code: str

    @property
    def is_last(self) -> bool:
        """Whether the order has ended with it: the account is another owner's for good."""
        return self.code == OWNER_CHANGED


@event("orders.cancelled")
@dataclass(frozen=True, slots=True, kw_only=True)
class StandingOrderCancelled:
    """Nothing is posted by the order any more."""

    reason: str
