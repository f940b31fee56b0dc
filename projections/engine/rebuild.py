"""Make a read table again from the events, beside the live one, and let it take its place.

Commands and reads go on all the time; they wait for nothing but the swap.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, sleep

from django.db import Error, connection, transaction

from eventstore.errors import StoreBusy, first_line
from eventstore.heads import busy_when_locked
from eventstore.sessions import one_session
from eventstore.store import advance, forget
from projections.engine import gate
from projections.engine.alone import alone
from projections.engine.building import FEW, BeingMade, Building, Progress, RebuildRefused
from projections.engine.follow import announce
from projections.engine.loading import without_collecting
from projections.engine.models import ProjectionState
from projections.engine.projector import Projection
from projections.engine.reading import consumer

log = logging.getLogger(__name__)

# PostgreSQL ends an autovacuum that is in the way only after a while; nobody waits meanwhile. Who
# has the gate closed and is lost does not keep it closed.
FREE = """
SET LOCAL lock_timeout = '5s';
LOCK TABLE {}, {} IN SHARE UPDATE EXCLUSIVE MODE"""
HURRY = """
SELECT set_config('lock_timeout', %s, true),
    set_config('idle_in_transaction_session_timeout', '10s', true)"""
PAUSE = 0.2
"""Seconds from one try to the next, at first."""
LONGEST = 5.0
"""Seconds from one try to the next, in the end."""
PATIENCE = 300.0
"""Seconds after which the swap is given up; what was made is kept."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did; `lock_ms` is how long others had to wait for it at most."""

    name: str
    events: int
    seconds: float
    lock_ms: int


def rebuild(projection: Projection, progress: Progress = lambda done, total: None) -> Rebuilt:
    """Recreate one projection's table while the system runs, and say how it went.

    One that was killed goes on where it was, if the code is still the same.

    Raises:
        RebuildRefused: somebody makes the same table already, alters it or uses it without a
            pause; something depends on it; an event cannot be applied; or what was made is unsound.
    """
    started = monotonic()
    with one_session(), alone(projection.name) as ours, without_collecting():
        if not ours:
            raise BeingMade(
                f"{projection.name} is being rebuilt already: wait until that has ended"
                " (pg_stat_activity shows it)."
            )
        building = Building(projection, progress)
        with building.told():
            building.load()
            lock_ms = _take_over(building)
        _drop_old(building)
    return Rebuilt(projection.name, building.events, round(monotonic() - started, 3), lock_ms)


def _take_over(building: Building) -> int:
    """Catch up with those who write, and swap; for how many milliseconds others waited at most."""
    given_up, pause, waits = monotonic() + PATIENCE, PAUSE, list[float]()
    while True:
        _catch_up(building, given_up)
        building.shadow.index()
        try:
            _swap(building, waits)
        except StoreBusy:
            if monotonic() > given_up:
                raise RebuildRefused(
                    f"{building.shadow.live} was in use for {PATIENCE:.0f} s without a pause. End"
                    " what reads or changes it for so long (pg_stat_activity shows it), and run"
                    " this again: it goes on from here."
                ) from None
            sleep(pause)
            pause = min(2 * pause, LONGEST)
        else:
            return round(max(waits) * 1000)


def _catch_up(building: Building, given_up: float) -> None:
    """Come so near to the end of the log that others can wait for the rest."""
    left = building.left
    while left > FEW:
        building.fill()
        before, left = left, building.left
        if left >= before and monotonic() > given_up:
            raise RebuildRefused(
                f"The log grows as fast as its events come into {building.shadow.name}: run this"
                " again when less is written, it goes on from here."
            )


def _swap(building: Building, waits: list[float]) -> None:
    """Apply the last events while nobody writes, and take the live table's place.

    Raises:
        StoreBusy: somebody uses it, or there is more to do before.
    """
    reached = building.position, building.events
    try:
        with _locked(building, waits):
            building.finish()
            building.shadow.swap()
            _remember(building)
    except BaseException:
        building.position, building.events = reached
        raise


@contextmanager
def _locked(building: Building, waits: list[float]) -> Iterator[None]:
    """Lock out the worker, then those who append, then those who read; note for how long.

    Those who append may go by the code that made the live table, which may be kept otherwise.
    """
    begun = None
    try:
        with busy_when_locked(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(FREE.format(building.shadow.live, building.shadow.name))
            cursor.execute(HURRY, [gate.LOCK_TIMEOUT])
            state = ProjectionState.objects.select_for_update().get(name=building.projection.name)
            begun = monotonic()
            if building.projection.immediate or state.immediate:
                gate.close()
            cursor.execute(f"LOCK TABLE {building.shadow.live} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        if begun is not None:
            waits.append(monotonic() - begun)


def _remember(building: Building) -> None:
    projection = building.projection
    state = ProjectionState.objects.get(name=projection.name)
    state.version, state.fingerprint = projection.version, projection.fingerprint
    state.immediate, state.behind_since = projection.immediate, None
    state.generation += 1
    state.stopped_at, state.error = None, ""
    state.refused_at, state.refusal = None, ""
    state.loaded = state.loaded_by = state.loaded_at = state.began = state.began_at = None
    state.wanted_at, state.unmade = None, ""
    state.save()
    if projection.immediate:
        return
    forget(consumer(projection.name))
    if building.position:
        advance(consumer(projection.name), building.position)
    announce(projection)


def _drop_old(building: Building) -> None:
    """What was live goes, or stays until the next rebuild: the new table is live already."""
    try:
        building.shadow.drop_old()
    except Error as error:
        old = building.shadow.old
        log.warning("%s is left until the next rebuild: %s", old, first_line(error))
