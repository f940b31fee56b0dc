"""How far each listener is, what keeps it back, and for how long."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from eventstore.listeners.listener import Listener, listeners
from eventstore.listeners.steering import orders
from eventstore.models import ListenerState
from eventstore.reading import checkpoint, latest_position, read_all

STATES = ("running", "paused", "stopped")


@dataclass(frozen=True, slots=True)
class Status:
    """Where a listener is; its `state` is running, paused or stopped.

    It lags behind by so many events, the first of which was recorded so many seconds ago. Events
    of types that it does not follow count, until it has passed them.
    """

    name: str
    kind: str
    state: str
    position: int
    lag_events: int
    lag_seconds: float
    stopped_before: int | None
    error: str
    skipped: tuple[int, ...]


def statuses() -> Iterator[Status]:
    """How all listeners stand, in the order of their names."""
    states, head, now = ListenerState.objects.in_bulk(), latest_position(), _now()
    for each in listeners():
        yield _status(each, states.get(each.name) or ListenerState(name=each.name), head, now)


def status_of(of: Listener) -> Status:
    """How one of them stands."""
    return next(each for each in statuses() if each.name == of.name)


def _status(of: Listener, state: ListenerState, head: int, now: datetime) -> Status:
    said, position = orders(of.name), min(checkpoint(of.consumer) or 0, head)
    waiting = read_all(after=position, upto=head, limit=1)
    is_so = "stopped" if state.stopped_at is not None else "paused" if said.paused else "running"
    return Status(
        name=of.name,
        kind=of.kind,
        state=is_so,
        position=position,
        lag_events=head - position,
        lag_seconds=max(0.0, (now - waiting[0].recorded_at).total_seconds()) if waiting else 0.0,
        stopped_before=state.stopped_at,
        error=state.error,
        skipped=tuple(sorted(said.skipped)),
    )


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        (now,) = cursor.fetchone()
    found: datetime = now
    return found
