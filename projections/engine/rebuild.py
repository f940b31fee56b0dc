"""Throw a read table away and make it again from the events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from django.db import connection, transaction

from eventstore.store import advance, forget, latest_position, read_all
from projections.engine.apply import apply
from projections.engine.models import ProjectionState
from projections.engine.projector import Projection
from projections.engine.reading import consumer

CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did; `lock_ms` is how long nobody else could use the table."""

    name: str
    events: int
    seconds: float
    lock_ms: int


def rebuild(
    projection: Projection, progress: Callable[[int, int], None] = lambda done, total: None
) -> Rebuilt:
    """Recreate one projection's table, all or nothing, and say how it went.

    The table is locked against readers and writers until it is complete. `progress` is called
    with the positions done and the last position.
    """
    started = monotonic()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {projection.table.name} IN ACCESS EXCLUSIVE MODE")
            locked = monotonic()
            cursor.execute(f"DELETE FROM {projection.table.name}")
        events = _replay(projection, progress)
        _remember(projection)
    ended = monotonic()
    return Rebuilt(
        projection.name, events, round(ended - started, 3), round((ended - locked) * 1000)
    )


def _replay(projection: Projection, progress: Callable[[int, int], None]) -> int:
    """Apply the whole log in chunks; a writer waits for the table, so the end does not move."""
    total, position, count = latest_position(), 0, 0
    while position < total:
        events = read_all(after=position, upto=total, types=projection.types, limit=CHUNK)
        apply([projection], events)
        count += len(events)
        position = events[-1].position if len(events) == CHUNK else total
        progress(position, total)
    if not projection.immediate and total:
        forget(consumer(projection.name))
        advance(consumer(projection.name), total)
    return count


def _remember(projection: Projection) -> None:
    state, _ = ProjectionState.objects.select_for_update().get_or_create(
        name=projection.name, defaults={"version": projection.version}
    )
    state.version = projection.version
    state.generation += 1
    state.stopped_at, state.error = None, ""
    state.save()


def named(names: Sequence[str], known: Sequence[Projection]) -> list[Projection]:
    """The projections of these names, or all.

    Raises:
        KeyError: a name that no projection has.
    """
    by_name = {projection.name: projection for projection in known}
    return [by_name[name] for name in names] if names else list(known)
