"""A read table under construction, beside the live one, until it has what the events say."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models.functions import Now

from eventstore import epoch
from eventstore.errors import EventStoreError, StoreBusy, first_line
from eventstore.store import Ahead, Scan, Some, latest_position
from projections.engine.apply import apply
from projections.engine.blame import Culprit, culprit, may_be_of_an_event
from projections.engine.loading import Loader, loader
from projections.engine.models import ProjectionState
from projections.engine.operating import skipped
from projections.engine.projector import Projection
from projections.engine.shadow import Shadow
from projections.engine.standing import note

FEW = 500
"""Positions of which the events are applied one by one, while others wait for it."""
KEEP = 10.0
"""Seconds of work that a rebuild which is killed may lose."""

Progress = Callable[[int, int], None]
"""Told how far it has come: positions done, positions in all."""


class RebuildRefused(EventStoreError):
    """The live table is as it was; the sentence says what to do."""


class BeingMade(RebuildRefused):
    """Somebody else is at it."""


@dataclass(slots=True)
class Building:
    """The next table of a projection, which has what the events up to `position` say.

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

    @property
    def left(self) -> int:
        """How many positions the log is ahead of it."""
        return latest_position() - self.position

    def load(self) -> None:
        """Fill it with all events that there are by now, and then give it its indexes."""
        self._begin()
        self.fill()
        self._index()
        self._check()

    def fill(self) -> None:
        """Go on to the end that the log has now."""
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

    def finish(self) -> None:
        """Apply the last events, in the transaction of whoever has locked out all that write.

        Raises:
            StoreBusy: the log has gone on too far, or an index is missing that was added to the
                live table.
            RebuildRefused: the live table was altered otherwise, or what is left out was changed,
                or something has come to depend on the live table.
        """
        self._require_unbound()
        if self.left_out != skipped(self.projection) or not self.shadow.fits:
            raise RebuildRefused(
                f"{self.shadow.live} was altered meanwhile, or an event was skipped or is tried"
                " again: run this again, it begins anew."
            )
        if self.left > FEW or not self.shadow.is_indexed:
            raise StoreBusy("there is more to do before the swap")
        self.shadow.grant()
        end = latest_position()
        while self.position < end:
            apply([self.target], list(self._next(end, FEW)))

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
                found = self._culprit(after=state.loaded or 0)
                transaction.set_rollback(True)
            if found is None:
                raise
            raise RebuildRefused(self._refusal(found)) from error

    def _culprit(self, *, after: int) -> Culprit | None:
        """None of those later than what was read was tried."""
        upto = min(self.position + FEW, latest_position())
        return culprit(self.target, self.scan, after=after, upto=upto, left_out=self.left_out)

    def _refusal(self, found: Culprit) -> str:
        bad, name = found.event, self.projection.name
        said = f"the event at position {bad.position} ({bad.type}) cannot be applied ({found.why})"
        way_out = "Mend the code"
        if not self.projection.immediate:
            ProjectionState.objects.filter(name=name).update(
                refused_at=bad.position, refusal=found.why
            )
            skip = f"projections skip {name} --position {bad.position} --reason …"
            way_out += f", or leave the event out ({skip})"
        return f"{self.shadow.live} stays as it is: {said}. {way_out}, and run this again."

    def _begin(self) -> None:
        """Go on with the table that another run left, or begin a new one."""
        self._require_unbound()
        state = note(self.projection)
        refusals = ProjectionState.objects.filter(name=state.name, refused_at__isnull=False)
        refusals.update(refused_at=None, refusal="")  # It is found again if it is still there.
        try:
            self.shadow.drop_old()
        except DatabaseError as error:
            raise RebuildRefused(
                f"{self.shadow.old}, which the last rebuild has replaced, cannot be dropped"
                f" ({first_line(error)}): end what uses it or drop what depends on it,"
                " and run this again."
            ) from error
        if state.loaded and state.loaded_by == self.code and self.shadow.fits:
            self.position = state.loaded
        else:
            with transaction.atomic():
                self.shadow.create()
                self._note()
        rows = ProjectionState.objects.filter(name=state.name)
        rows.update(began=self.position, began_at=Now(), loaded_at=Now())

    def _require_unbound(self) -> None:
        if bound := self.shadow.bound:
            raise RebuildRefused(
                f"{self.shadow.live} has {', '.join(bound)}, which would stay with the old table:"
                " drop that first, and make it again afterwards."
            )

    def _keep(self, filling: Loader) -> None:
        with transaction.atomic():
            filling.flush()
            self._note()
        filling.give_way()

    def _index(self) -> None:
        try:
            self.shadow.index()
        except IntegrityError as error:
            self.shadow.drop()
            said = " ".join(str(error).split("\n")[1:]) or first_line(error)
            raise RebuildRefused(
                f"What the events make of {self.shadow.live} breaks one of its unique indexes, so"
                f" it stays as it is: {said} Look at what the projector's code does."
            ) from error
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
            loaded=self.position, loaded_by=self.code, loaded_at=Now()
        )

    def _next(self, end: int, most: int, by: Scan | Ahead | None = None) -> Some:
        some = (by or self.scan).next(self.position, end, most)
        self.events += len(some)
        self.position = some.reached
        self.progress(self.position, end)
        return some.without(self.left_out)
