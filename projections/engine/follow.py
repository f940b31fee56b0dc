"""Projections that are not as far as the log follow it; effects and checkpoint commit together."""

import logging

from django.db import connection, transaction

from eventstore.errors import StoreBusy
from eventstore.heads import busy_when_locked
from eventstore.records import Recorded
from eventstore.store import advance, checkpoint, latest_position, read_all
from projections.engine import gate
from projections.engine.apply import apply
from projections.engine.models import ProjectionState
from projections.engine.projector import Projection
from projections.engine.reading import consumer
from projections.engine.standing import note

log = logging.getLogger(__name__)

CHUNK = 500
LOCK_TIMEOUT = "100ms"
"""How long appends are kept waiting, at most, for those under way to end."""


def catch_up(projection: Projection) -> int:
    """Apply the next events to an eventual projection; how many positions it moved, 0 when done.

    A chunk that fails is tried again event by event, so that the projection stops just before the
    one that cannot be applied, with its error on record. Another worker's turn counts as done.
    """
    try:
        return _step(projection, CHUNK)
    except Exception:
        return _one_by_one(projection)


def _step(projection: Projection, limit: int) -> int:
    with transaction.atomic():
        state = _claim(projection)
        if state is None:
            return 0
        done, end = checkpoint(consumer(projection.name)) or 0, latest_position()
        if done >= end:
            return 0
        events = read_all(after=done, upto=end, types=projection.types, limit=limit)
        apply([projection], events)
        reached = events[-1].position if len(events) == limit else end
        advance(consumer(projection.name), reached)
        return reached - done


def _one_by_one(projection: Projection) -> int:
    moved = 0
    while True:
        try:
            step = _step(projection, 1)
        except Exception as error:
            _stop(projection, error)
            return moved
        if not step:
            return moved
        moved += step


def rejoin(projection: Projection) -> int:
    """Apply the next events to an immediate projection of this code that other code left behind.

    How many positions it moved; 0 when it is kept with the events, or another has its turn.
    """
    try:
        with busy_when_locked(), transaction.atomic():
            return _rejoin(projection)
    except StoreBusy:
        return 0
    except Exception as error:
        _stop(projection, error)
        return 0


def _rejoin(projection: Projection) -> int:
    state = _claim(projection)
    if state is None or state.behind_since is None:
        return 0
    done = state.behind_since
    if is_last := latest_position() - done <= CHUNK:
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        gate.close()
    end = latest_position()
    events = read_all(after=done, upto=end, types=projection.types, limit=CHUNK)
    apply([projection], events)
    reached = events[-1].position if len(events) == CHUNK else end
    state.behind_since = None if is_last and reached == end else reached
    state.save(update_fields=["behind_since"])
    return max(reached - done, 1)


def _claim(projection: Projection) -> ProjectionState | None:
    """The projection's row, locked; None while another worker has it, or it is not for this one.

    That is so when it is stopped, and when other code made its table.
    """
    note(projection)
    rows = ProjectionState.objects.select_for_update(skip_locked=True)
    state = rows.filter(name=projection.name, stopped_at=None).first()
    return state if state and state.is_of(projection.fingerprint) else None


def _stop(projection: Projection, error: Exception) -> None:
    done = _reached(projection)
    bad: list[Recorded] = read_all(after=done, types=projection.types, limit=1)
    position = bad[0].position if bad else done + 1
    log.error("%s stopped before position %s", projection.name, position, exc_info=error)
    ProjectionState.objects.filter(name=projection.name).update(
        stopped_at=position,
        error=f"{type(error).__name__}: {error}",
    )


def _reached(projection: Projection) -> int:
    if projection.immediate:
        return ProjectionState.objects.get(name=projection.name).behind_since or 0
    return checkpoint(consumer(projection.name)) or 0
