"""How events are told to people: a row for each event of an account."""

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
    HoldCaptured,
    HoldExpired,
    HoldPlaced,
    HoldReleased,
    OverdraftLimitChanged,
    SweepSet,
    id_of,
)
from eventstore.records import Recorded
from eventstore.registry import new_event
from projections.engine.projector import History
from projections.ledger.models import Activity

COLUMNS = {"amount", "transfer", "hold", "holds"}
"""What an event says that has columns of its own; all else are facts."""

# Nothing goes on from row to row: each is what its event says.
activity = History("activity", Activity, carried={}, key=id_of, immediate=False, metadata=True)


def kind_of(event: str) -> str:
    """What happened to an account, by the stored name of the event."""
    return event.removeprefix("ledger.").removeprefix("account_")


@activity.on(
    AccountOpened,
    AccountDetailsChanged,
    OverdraftLimitChanged,
    AccountFrozen,
    AccountUnfrozen,
    AccountClosed,
    AccountReopened,
    AlertSet,
    SweepSet,
)
def tell(row: Any, event: Any, recorded: Recorded) -> None:
    """Begin a row with what all have in common; what is left of the event are its facts."""
    said = new_event(event).data
    row.account, row.kind = id_of(recorded.stream), kind_of(recorded.type)
    row.facts = {name: said[name] for name in said if name not in COLUMNS}
    row.holds = []
    request = recorded.metadata.get("request")
    row.request = UUID(request) if request else None
    row.recorded_at = recorded.recorded_at


@activity.on(AccountDebited, AccountCredited)
def tell_posting(row: Any, event: AccountDebited | AccountCredited, recorded: Recorded) -> None:
    tell(row, event, recorded)
    row.amount, row.transfer = event.amount, event.transfer


@activity.on(HoldPlaced)
def tell_placing(row: Any, event: HoldPlaced, recorded: Recorded) -> None:
    tell(row, event, recorded)
    row.amount, row.holds = event.amount, [str(event.hold)]


@activity.on(HoldCaptured)
def tell_capture(row: Any, event: HoldCaptured, recorded: Recorded) -> None:
    tell(row, event, recorded)
    row.amount, row.transfer, row.holds = event.amount, event.transfer, [str(event.hold)]


@activity.on(HoldReleased)
def tell_release(row: Any, event: HoldReleased, recorded: Recorded) -> None:
    tell(row, event, recorded)
    row.holds = [str(event.hold)]


@activity.on(HoldExpired)
def tell_expiry(row: Any, event: HoldExpired, recorded: Recorded) -> None:
    tell(row, event, recorded)
    row.holds = [str(hold) for hold in event.holds]


KINDS = tuple(sorted(map(kind_of, activity.types)))
"""All that can happen to an account."""
