"""Make a read table again from the events, beside the live one, and let it take its place.

Commands and reads go on all the time; they wait for nothing but the swap.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic, sleep

from django.db import DatabaseError, connection, transaction

from eventstore.errors import EventStoreError, StoreBusy
from eventstore.heads import busy_when_locked
from eventstore.store import Ahead, Scan, Some, advance, forget, latest_position
from projections.engine import gate
from projections.engine.apply import apply
from projections.engine.follow import announce
from projections.engine.loading import Loader, loader, without_collecting
from projections.engine.models import ProjectionState
from projections.engine.operating import skipped
from projections.engine.projector import Projection
from projections.engine.reading import consumer
from projections.engine.shadow import Shadow
from projections.engine.standing import note

FEW = 500
"""Positions that the swap may have to catch up with while others wait for it."""
KEEP = 10.0
"""Seconds of work that a rebuild which is killed may lose."""
LOCK_TIMEOUT = "100ms"
"""How long the swap tries to lock what others use; they wait behind it for as long."""
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

BEGIN_ALONE = """
SELECT pg_try_advisory_lock(
    hashtextextended('daybook.rebuild ' || current_schema() || ' ' || %s, 0))"""
END_ALONE = """
SELECT pg_advisory_unlock(
    hashtextextended('daybook.rebuild ' || current_schema() || ' ' || %s, 0))"""

Progress = Callable[[int, int], None]
"""Told how far it has come: positions done, positions in all."""


class RebuildRefused(EventStoreError):
    """The live table is as it was; the sentence says what to do."""


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
    with _alone(projection.name), without_collecting():
        building = _Building(projection, progress)
        building.load()
        lock_ms = building.take_over()
    return Rebuilt(projection.name, building.events, round(monotonic() - started, 3), lock_ms)


@dataclass(slots=True)
class _Building:
    """A table under construction, which has what the events up to `position` say.

    `code` tells that it was begun as it would be now, with the same events left out.
    """

    projection: Projection
    progress: Progress
    shadow: Shadow = field(init=False)
    target: Projection = field(init=False)
    scan: Scan = field(init=False)
    left_out: frozenset[int] = field(init=False)
    code: str = field(init=False)
    position: int = 0
    events: int = 0

    def __post_init__(self) -> None:
        self.left_out = skipped(self.projection)
        made_of = self.projection.fingerprint, sorted(self.left_out)
        self.code = sha256(repr(made_of).encode()).hexdigest()
        self.shadow = Shadow(self.projection.table.name)
        self.target = self.projection.into(self.shadow.name)
        self.scan = Scan(self.projection.types)

    def load(self) -> None:
        """Fill it with all events that there are by now, and then give it its indexes."""
        self._begin()
        filling = loader(self.target, self._index, begun=self.position > 0)
        kept, end = monotonic(), latest_position()
        with Ahead(self.scan) as ahead:
            while self.position < end:
                with self._told():
                    some = self._next(end, filling.at_once, ahead)
                    filling.take(some, some.size)
                if filling.full or monotonic() - kept > KEEP:
                    self._keep(filling)
                    kept = monotonic()
        self._keep(filling)
        self._index()
        self._check()

    def take_over(self) -> int:
        """Catch up with those who write, and swap; for how many milliseconds they had to wait."""
        given_up, pause = monotonic() + PATIENCE, PAUSE
        while True:
            while (end := latest_position()) - self.position > FEW:
                with self._told(), transaction.atomic():
                    apply([self.target], list(self._next(end, FEW)))
                    self._note()
            try:
                lock_ms = self._swap()
            except StoreBusy:
                if monotonic() > given_up:
                    raise RebuildRefused(
                        f"{self.shadow.live} was in use for {PATIENCE:.0f} s without a pause. End"
                        " what reads or changes it for so long (pg_stat_activity shows it), and run"
                        " this again: it goes on from here."
                    ) from None
                sleep(pause)
                pause = min(2 * pause, LONGEST)
            else:
                self.shadow.drop_old()
                return lock_ms

    def _begin(self) -> None:
        """Go on with the table that another run left, or begin a new one."""
        if bound := self.shadow.bound:
            raise RebuildRefused(
                f"{self.shadow.live} has {', '.join(bound)}, which would stay with the old table:"
                " drop that first, and make it again afterwards."
            )
        state = note(self.projection)
        self.shadow.drop_old()
        if state.loaded and state.loaded_by == self.code and self.shadow.fits:
            self.position = state.loaded
            return
        with transaction.atomic():
            self.shadow.create()
            self._note()

    def _keep(self, filling: Loader) -> None:
        with transaction.atomic():
            filling.flush()
            self._note()
        filling.give_way()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say of which events the code cannot make rows."""
        after = self.position
        try:
            yield
        except (EventStoreError, DatabaseError):
            raise
        except Exception as error:
            raise RebuildRefused(
                f"An event of {self.projection.name} between positions {after + 1} and"
                f" {self.position} cannot be applied: {type(error).__name__}: {error}"
            ) from error

    def _index(self) -> None:
        self.shadow.index()
        self.shadow.analyze()

    def _check(self) -> None:
        if not self.projection.unsound:
            return
        with connection.cursor() as cursor:
            cursor.execute(self.projection.unsound.format(table=self.shadow.name))
            wrong = [sentence for (sentence,) in cursor.fetchall()]
        if wrong:
            self.shadow.drop()
            raise RebuildRefused(
                f"What the events make of {self.shadow.live} cannot be right, so it stays as it is:"
                f" {'; '.join(wrong)}. Run verify, and look at what the projector's code does."
            )

    def _note(self) -> None:
        ProjectionState.objects.filter(name=self.projection.name).update(
            loaded=self.position, loaded_by=self.code
        )

    def _next(self, end: int, most: int, by: Scan | Ahead | None = None) -> Some:
        some = (by or self.scan).next(self.position, end, most)
        self.events += len(some)
        self.position = some.reached
        self.progress(self.position, end)
        return some.without(self.left_out)

    def _swap(self) -> int:
        """Apply the last events while nobody writes, and take the live table's place.

        Raises:
            StoreBusy: somebody uses it, or the log has gone on too far.
        """
        reached = self.position, self.events
        try:
            with busy_when_locked(), transaction.atomic():
                begun = self._lock()
                self._require_the_same()
                if (end := latest_position()) - self.position > FEW:
                    raise StoreBusy("the log has gone on")
                with self._told():
                    while self.position < end:
                        apply([self.target], list(self._next(end, FEW)))
                self.shadow.swap()
                self._remember()
        except BaseException:
            self.position, self.events = reached
            raise
        return round((monotonic() - begun) * 1000)

    def _require_the_same(self) -> None:
        """See that nobody altered the live table meanwhile, nor changed what is left out."""
        if self.left_out != skipped(self.projection) or not self.shadow.fits:
            raise RebuildRefused(
                f"{self.shadow.live} was altered meanwhile, or an event was skipped or is tried"
                " again: run this again, it begins anew."
            )

    def _lock(self) -> float:
        """Lock out the worker, then those who append, then those who read."""
        with connection.cursor() as cursor:
            cursor.execute(FREE.format(self.shadow.live, self.shadow.name))
            cursor.execute(HURRY, [LOCK_TIMEOUT])
            ProjectionState.objects.select_for_update().get(name=self.projection.name)
            begun = monotonic()
            if self.projection.immediate:
                gate.close()
            cursor.execute(f"LOCK TABLE {self.shadow.live} IN ACCESS EXCLUSIVE MODE")
        return begun

    def _remember(self) -> None:
        state = ProjectionState.objects.get(name=self.projection.name)
        state.version, state.fingerprint = self.projection.version, self.projection.fingerprint
        state.immediate, state.behind_since = self.projection.immediate, None
        state.generation += 1
        state.stopped_at, state.error = None, ""
        state.loaded = state.loaded_by = None
        state.save()
        if not self.projection.immediate and self.position:
            forget(consumer(self.projection.name))
            advance(consumer(self.projection.name), self.position)
            announce(self.projection)


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Be the only one who makes this table, until the block or the connection ends."""
    with connection.cursor() as cursor:
        cursor.execute(BEGIN_ALONE, [name])
        (ours,) = cursor.fetchone()
        if not ours:
            raise RebuildRefused(
                f"{name} is being rebuilt already: wait until that has ended (pg_stat_activity"
                " shows it)."
            )
        try:
            yield
        finally:
            if not connection.needs_rollback:
                cursor.execute(END_ALONE, [name])
