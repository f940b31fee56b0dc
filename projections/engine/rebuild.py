"""Make a read table again from the events, beside the live one, and let it take its place.

Commands and reads go on all the time; they wait for nothing but the swap.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic, sleep

from django.db import connection, transaction

from eventstore import epoch
from eventstore.errors import EventStoreError, StoreBusy
from eventstore.heads import busy_when_locked
from eventstore.sessions import one_session
from eventstore.store import Ahead, Scan, Some, advance, forget, latest_position
from projections.engine import gate
from projections.engine.alone import alone
from projections.engine.apply import apply
from projections.engine.blame import Culprit, culprit, may_be_of_an_event
from projections.engine.follow import announce, stop
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
    with one_session(), alone(projection.name) as ours, without_collecting():
        if not ours:
            raise RebuildRefused(
                f"{projection.name} is being rebuilt already: wait until that has ended"
                " (pg_stat_activity shows it)."
            )
        building = _Building(projection, progress)
        with building.told():
            building.load()
            lock_ms = building.take_over()
    return Rebuilt(projection.name, building.events, round(monotonic() - started, 3), lock_ms)


@dataclass(slots=True)
class _Building:
    """A table under construction, which has what the events up to `position` say.

    `code` tells that it was begun as it would be now: in this epoch, with the same events left out.
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
        made_of = self.projection.fingerprint, sorted(self.left_out), epoch.current()
        self.code = sha256(repr(made_of).encode()).hexdigest()
        self.shadow = Shadow(self.projection.table.name)
        self.target = self.projection.into(self.shadow.name)
        self.scan = Scan(self.projection.types, metadata=self.projection.metadata)

    def load(self) -> None:
        """Fill it with all events that there are by now, and then give it its indexes."""
        self._begin()
        filling = loader(self.target, self._index, begun=self.position > 0)
        kept, end = monotonic(), latest_position()
        with Ahead(self.scan) as ahead:
            while self.position < end:
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
                with transaction.atomic():
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
    def told(self) -> Iterator[None]:
        """Say of which event the code cannot make rows, and note it where it may be skipped."""
        try:
            yield
        except Exception as error:
            state = note(self.projection) if may_be_of_an_event(error) else None
            if state is None or state.loaded_by != self.code:
                raise
            with transaction.atomic():
                self.shadow.index()
                found = culprit(self.target, after=state.loaded or 0, left_out=self.left_out)
                transaction.set_rollback(True)
            if found is None:
                raise
            raise RebuildRefused(self._refusal(found)) from error

    def _refusal(self, found: Culprit) -> str:
        bad, name = found.event, self.projection.name
        way_out = "Mend the code"
        if not self.projection.immediate:
            stop(self.projection, bad, found.error)
            skip = f"projections skip {name} --position {bad.position} --reason …"
            way_out += f", or leave the event out ({skip})"
        return (
            f"{self.shadow.live} stays as it is: the event at position {bad.position} ({bad.type})"
            f" cannot be applied ({found.why}). {way_out}, and run this again."
        )

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
            cursor.execute(HURRY, [gate.LOCK_TIMEOUT])
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
        if self.projection.immediate:
            return
        forget(consumer(self.projection.name))
        if self.position:
            advance(consumer(self.projection.name), self.position)
        announce(self.projection)
