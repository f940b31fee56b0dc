"""How far each projection is, what keeps it back, and for how long."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from eventstore.store import checkpoint, latest_position, read_all
from projections.engine.models import ProjectionState
from projections.engine.operating import Orders, orders
from projections.engine.projector import Projection, projections
from projections.engine.reading import consumer

IMMEDIATE = Orders(paused=False, skipped=frozenset())
"""Nothing is said of projections that are kept with the events."""


@dataclass(frozen=True, slots=True)
class Status:
    """Where a projection is.

    It lags behind by so many events, the first of which was recorded so many seconds ago.
    `state` is running, paused, stopped, or outdated when other code built its table.
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
    """How all projections stand, in the order of their names."""
    states = ProjectionState.objects.in_bulk()
    head, now = latest_position(), _now()
    for each in projections():
        state = states.get(each.name) or ProjectionState(name=each.name, version=each.version)
        yield _status(each, state, head, now)


def status_of(of: Projection) -> Status:
    """How one of them stands."""
    return next(each for each in statuses() if each.name == of.name)


def _status(of: Projection, state: ProjectionState, head: int, now: datetime) -> Status:
    said = IMMEDIATE if of.immediate else orders(of)
    position = min(_position(of, state, head), head)
    waiting = read_all(after=position, upto=head, limit=1) if position < head else []
    return Status(
        name=of.name,
        kind="immediate" if of.immediate else "eventual",
        state=_state(of, state, said),
        position=position,
        lag_events=head - position,
        lag_seconds=(max(0.0, (now - waiting[0].recorded_at).total_seconds()) if waiting else 0.0),
        stopped_before=state.stopped_at,
        error=state.error,
        skipped=tuple(sorted(said.skipped)),
    )


def _position(of: Projection, state: ProjectionState, head: int) -> int:
    if of.immediate:
        return head if state.behind_since is None else state.behind_since
    return checkpoint(consumer(of.name)) or 0


def _state(of: Projection, state: ProjectionState, said: Orders) -> str:
    if state.stopped_at is not None:
        return "stopped"
    if state.version != of.version or not state.is_of(of.fingerprint):
        return "outdated"
    return "paused" if said.paused else "running"


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        (now,) = cursor.fetchone()
    found: datetime = now
    return found
