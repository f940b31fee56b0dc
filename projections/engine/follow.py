"""Projections that are not as far as the log follow it; effects and checkpoint commit together."""

import logging
from functools import partial

from django.db import connection, transaction

from eventstore.errors import CheckpointConflict, StoreBusy, described
from eventstore.failures import passes
from eventstore.heads import busy_when_locked
from eventstore.listeners.pieces import in_pieces
from eventstore.listeners.steering import orders
from eventstore.records import Recorded
from eventstore.store import advance, checkpoint, latest_position, read_all
from projections.engine import gate
from projections.engine.apply import apply
from projections.engine.models import ProjectionState
from projections.engine.operating import locked
from projections.engine.projector import Projection
from projections.engine.reading import consumer
from projections.engine.standing import lose

log = logging.getLogger(__name__)

CHUNK = 500
ANNOUNCE = "SELECT pg_notify('daybook_projections_' || current_schema(), %s)"
"""Tells whoever waits for a projection, by its name, that it has come further."""


def catch_up(projection: Projection) -> int:
    """Apply the next events to a projection; how many positions it moved, 0 when done.

    An immediate one is followed while it is behind: once it is as far as the log, it is kept with
    the events again. One whose table other code made is left to that code.

    A chunk that fails is tried again event by event, so that the projection stops just before the
    one that cannot be applied, with its error on record. Another worker's turn counts as done, and
    so does a pause.

    Raises:
        OperationalError, InterfaceError: the database failed; no event is to blame.
    """
    return in_pieces(partial(_step, projection), CHUNK)


def _step(projection: Projection, limit: int) -> int:
    """So many events at once; 0 also when the table was made anew meanwhile, as far or further."""
    try:
        with busy_when_locked(), transaction.atomic():
            state = locked(projection, skip_locked=True)
            if state is None or not state.is_of(projection.fingerprint):
                return 0
            return _apply_next(projection, state, limit)
    except (CheckpointConflict, StoreBusy):
        return 0


def _apply_next(projection: Projection, state: ProjectionState, limit: int) -> int:
    said, done = orders(projection.name), _reached(projection, state)
    if said.paused or done is None or done < (state.stopped_at or 0):
        return 0
    end = latest_position()
    if done > end:
        lose(projection.name)
        return 0
    is_last = projection.immediate and end - done <= CHUNK
    if is_last:
        _close_the_gate()
        end = latest_position()
    if done >= end and not is_last:
        return 0
    events = read_all(after=done, upto=end, types=projection.types, limit=limit)
    try:
        with transaction.atomic():
            apply([projection], [each for each in events if each.position not in said.skipped])
    except Exception as error:
        if limit > 1 or passes(error):
            raise
        stop(projection, events[0], error)
        return 0
    reached = events[-1].position if len(events) == limit else end
    _note_reached(projection, reached, rejoins=is_last and reached == end)
    return reached - done or 1


def _reached(projection: Projection, state: ProjectionState) -> int | None:
    """How far its table is; None when it is kept with the events."""
    if projection.immediate:
        return state.behind_since
    return checkpoint(consumer(projection.name)) or 0


def _close_the_gate() -> None:
    """From now on nobody appends, so that the end that is reached is the end."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{gate.LOCK_TIMEOUT}'")
    gate.close()


def _note_reached(projection: Projection, position: int, *, rejoins: bool) -> None:
    if projection.immediate:
        ProjectionState.objects.filter(name=projection.name).update(
            behind_since=None if rejoins else position
        )
        return
    advance(consumer(projection.name), position)
    announce(projection)


def announce(projection: Projection) -> None:
    """Tell whoever waits for an eventual projection, once the transaction is committed."""
    with connection.cursor() as cursor:
        cursor.execute(ANNOUNCE, [projection.name])


def stop(projection: Projection, before: Recorded, error: Exception) -> None:
    """Note before which event it stopped, and why."""
    log.error("%s stopped before position %s", projection.name, before.position, exc_info=error)
    ProjectionState.objects.filter(name=projection.name).update(
        stopped_at=before.position,
        error=described(error),
    )
