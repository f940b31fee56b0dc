"""What a standing order is, as the sum of its events."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any
from uuid import UUID

from eventstore.events.orders import (
    StandingOrderCancelled,
    StandingOrderPlaced,
    StandingOrderRun,
    StandingOrderSkipped,
)
from eventstore.recurring import Every, following
from eventstore.values import Amount, changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of a date: the transfer that was posted, or the code of what refused it."""

    on: date
    transfer: UUID | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingOrder:
    """A standing order; before it is placed, `payer` is empty. The amount is in minor units.

    `next_on` is the first of its dates of which nothing has come yet; None when there is none.
    `owner` owned the payer and placed it; None where it was placed by who operates the ledger, who
    is `told` where the payer has no owner.
    """

    payer: str = ""
    payee: str = ""
    amount: Amount = 0
    every: Every = "month"
    first_on: date = date.min
    last_on: date | None = None
    description: str = ""
    owner: UUID | None = None
    told: UUID | None = None
    next_on: date | None = None
    last: Done | None = None
    cancelled: bool = False

    @property
    def exists(self) -> bool:
        return bool(self.payer)

    @property
    def status(self) -> str:
        """Open, cancelled, or ended, which is when its last date is over."""
        return "cancelled" if self.cancelled else "ended" if self.next_on is None else "open"

    def due_at(self, zone: tzinfo) -> datetime | None:
        """When its next date begins in this time zone."""
        if self.next_on is None:
            return None
        return datetime.combine(self.next_on, time.min, zone).astimezone(UTC)


def evolve_order(order: StandingOrder, event: Any) -> StandingOrder:
    match event:
        case StandingOrderPlaced():
            return StandingOrder(
                payer=event.payer,
                payee=event.payee,
                amount=event.amount,
                every=event.every,
                first_on=event.first_on,
                last_on=event.last_on,
                description=event.description,
                owner=event.owner,
                told=event.told,
                next_on=event.first_on,
            )
        case StandingOrderRun():
            return _after(order, Done(on=event.on, transfer=event.transfer))
        case StandingOrderSkipped():
            after = _after(order, Done(on=event.on, code=event.code))
            return changed(after, next_on=None) if event.is_last else after
        case StandingOrderCancelled():
            return changed(order, cancelled=True, next_on=None)
    raise TypeError(f"a standing order does not know {event!r}")


def _after(order: StandingOrder, done: Done) -> StandingOrder:
    next_on = following(order.first_on, order.every, done.on)
    if next_on and order.last_on and next_on > order.last_on:
        next_on = None
    return changed(order, last=done, next_on=next_on)
