"""How events change the read tables of standing instructions: one function per event."""

from typing import Any
from uuid import UUID

from eventstore.events.ledger import AccountDetailsChanged, AlertSet, SweepSet, id_of
from eventstore.events.orders import (
    StandingOrderCancelled,
    StandingOrderPlaced,
    StandingOrderRun,
    StandingOrderSkipped,
)
from eventstore.records import Recorded
from eventstore.recurring import following
from eventstore.values import UNCHANGED
from projections.engine.projector import Projection
from projections.ledger.instruction_models import Setting, StandingOrder


def order_id(stream: str) -> UUID:
    return UUID(id_of(stream))


settings = Projection("settings", Setting, key=id_of, version=2)
orders = Projection("orders", StandingOrder, key=order_id, version=2)


@settings.on(AlertSet, changes=("low",))
def set_alert(row: Any, event: AlertSet, recorded: Recorded) -> None:
    row.low = event.low


@settings.on(SweepSet, changes=("above", "target"))
def set_sweep(row: Any, event: SweepSet, recorded: Recorded) -> None:
    row.above, row.target = event.above, event.to


@settings.on(AccountDetailsChanged, changes=("above", "target"))
def change_owner(row: Any, event: AccountDetailsChanged, recorded: Recorded) -> None:
    """What an account is set to move is what its owner wanted, and ends with another one."""
    if event.owner is not UNCHANGED:
        row.above = row.target = None


@orders.on(StandingOrderPlaced)
def place(row: Any, event: StandingOrderPlaced, recorded: Recorded) -> None:
    row.account = event.payer
    row.payee = event.payee
    row.amount = event.amount
    row.every = event.every
    row.first_on = row.next_on = event.first_on
    row.last_on = event.last_on
    row.description = event.description
    row.position = row.placed = recorded.position


@orders.on(StandingOrderRun)
def run(row: Any, event: StandingOrderRun, recorded: Recorded) -> None:
    row.done_transfer, row.done_code = event.transfer, None
    move_on(row, event, recorded)


@orders.on(StandingOrderSkipped)
def skip(row: Any, event: StandingOrderSkipped, recorded: Recorded) -> None:
    row.done_transfer, row.done_code = None, event.code
    move_on(row, event, recorded)
    if event.is_last:
        row.status, row.next_on = "ended", None


def move_on(row: Any, event: StandingOrderRun | StandingOrderSkipped, recorded: Recorded) -> None:
    """Something has come of a date: the one after it is next, if there is one."""
    row.done_on, row.position = event.on, recorded.position
    row.next_on = following(row.first_on, row.every, event.on)
    if row.next_on is None or (row.last_on and row.next_on > row.last_on):
        row.status, row.next_on = "ended", None


@orders.on(StandingOrderCancelled, changes=("status", "next_on", "position"))
def cancel(row: Any, event: StandingOrderCancelled, recorded: Recorded) -> None:
    row.status, row.next_on, row.position = "cancelled", None, recorded.position
