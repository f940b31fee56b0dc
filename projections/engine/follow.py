"""Eventual projections follow the log; effects and checkpoint commit together."""

import logging

from django.db import InterfaceError, OperationalError, connection, transaction

from eventstore.errors import CheckpointConflict
from eventstore.records import Recorded
from eventstore.store import advance, checkpoint, latest_position, read_all
from projections.engine.apply import apply
from projections.engine.models import ProjectionState
from projections.engine.operating import locked, orders
from projections.engine.projector import Projection
from projections.engine.reading import consumer

log = logging.getLogger(__name__)

CHUNK = 500

ANNOUNCE = "SELECT pg_notify('daybook_projections_' || current_schema(), %s)"
"""Tells whoever waits for a projection, by its name, that it has come further."""

PASSING = frozenset({"08", "40", "53", "55", "57"})
"""Classes of errors that no event is to blame for: lost connections, deadlocks, full disks, …"""


def catch_up(projection: Projection) -> int:
    """Apply the next events to an eventual projection; how many positions it moved, 0 when done.

    A chunk that fails is tried again event by event, so that the projection stops just before the
    one that cannot be applied, with its error on record. Another worker's turn counts as done, and
    so does a pause.

    Raises:
        OperationalError, InterfaceError: the database failed; no event is to blame.
    """
    try:
        return _step(projection, CHUNK)
    except Exception as error:
        if _passes(error):
            raise
    moved = 0
    for _ in range(CHUNK):
        step = _step(projection, 1)
        if not step:
            break
        moved += step
    return moved


def _step(projection: Projection, limit: int) -> int:
    """So many events at once; 0 also when the table was made anew meanwhile, as far or further."""
    try:
        with transaction.atomic():
            state = locked(projection, skip_locked=True)
            if state is None or state.stopped_at is not None:
                return 0
            return _apply_next(projection, state, limit)
    except CheckpointConflict:
        return 0


def _apply_next(projection: Projection, state: ProjectionState, limit: int) -> int:
    said = orders(projection)
    done, end = checkpoint(consumer(projection.name)) or 0, latest_position()
    if said.paused or done >= end:
        return 0
    events = read_all(after=done, upto=end, types=projection.types, limit=limit)
    try:
        with transaction.atomic():
            apply([projection], [each for each in events if each.position not in said.skipped])
    except Exception as error:
        if limit > 1 or _passes(error):
            raise
        _stop(state, events[0], error)
        return 0
    reached = events[-1].position if len(events) == limit else end
    advance(consumer(projection.name), reached)
    with connection.cursor() as cursor:
        cursor.execute(ANNOUNCE, [projection.name])
    return reached - done


def _stop(state: ProjectionState, before: Recorded, error: Exception) -> None:
    log.error("%s stopped before position %s", state.name, before.position, exc_info=error)
    ProjectionState.objects.filter(name=state.name).update(
        stopped_at=before.position,
        error=f"{type(error).__name__}: {error}",
    )


def _passes(error: Exception) -> bool:
    """Whether the database failed, so that the same may succeed later."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state[:2] in PASSING
