"""Eventual projections follow the log; effects and checkpoint commit together."""

import logging

from django.db import transaction

from eventstore.records import Recorded
from eventstore.store import advance, checkpoint, latest_position, read_all
from projections.engine.apply import apply
from projections.engine.models import ProjectionState
from projections.engine.projector import Projection
from projections.engine.reading import consumer

log = logging.getLogger(__name__)

CHUNK = 500


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
        if state is None or state.stopped_at is not None:
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


def _claim(projection: Projection) -> ProjectionState | None:
    """The projection's row, locked; None while another worker has it."""
    ProjectionState.objects.get_or_create(
        name=projection.name, defaults={"version": projection.version}
    )
    rows = ProjectionState.objects.select_for_update(skip_locked=True)
    return rows.filter(name=projection.name).first()


def _stop(projection: Projection, error: Exception) -> None:
    done = checkpoint(consumer(projection.name)) or 0
    bad: list[Recorded] = read_all(after=done, types=projection.types, limit=1)
    position = bad[0].position if bad else done + 1
    log.error("%s stopped before position %s", projection.name, position, exc_info=error)
    ProjectionState.objects.filter(name=projection.name).update(
        stopped_at=position,
        error=f"{type(error).__name__}: {error}",
    )
