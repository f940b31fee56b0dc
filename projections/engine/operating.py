"""What staff do with an eventual projection, as with whoever else follows the log."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from eventstore.listeners import steering
from eventstore.listeners.steering import NotPossible, orders, reasoned
from projections.engine.alone import under_way
from projections.engine.models import ProjectionState
from projections.engine.projector import Projection
from projections.engine.standing import note

ACTIONS = tuple(each for each in steering.ACTIONS if each != "replay")
"""A table is made anew by a rebuild."""


def intervene(
    projection: Projection, action: str, *, by: UUID, reason: str, position: int | None = None
) -> None:
    """Do one of `ACTIONS`, and keep on record who did it and why: see `steering.intervene`.

    Raises:
        NotPossible: the projection is not in such a state, or there is no reason.
    """
    if projection.immediate:
        raise NotPossible(f"{projection.name} is kept with the events; no worker is to be told.")
    steering.intervene(
        _Follower(projection, position), action, by=by, reason=reason, position=position
    )


def ask_for_rebuild(projection: Projection, *, by: UUID, reason: str) -> None:
    """Have a worker make the projection's table anew; who asked and why is kept on record.

    Raises:
        NotPossible: it is being made already or will be, or there is no reason.
    """
    kept = reasoned(reason)
    with transaction.atomic():
        state = locked(projection)
        if under_way([projection.name]) or (state and state.wanted_at):
            raise NotPossible(f"{projection.name} is being made anew already.")
        ProjectionState.objects.filter(name=projection.name).update(
            wanted_at=Now(), wanted_of=projection.fingerprint, tries=0, tried_at=None, unmade=""
        )
        steering.keep(projection.name, "rebuild", by=by, reason=kept)


def cancel_rebuild(projection: Projection, *, by: UUID, reason: str) -> None:
    """Take back that the projection's table is wanted anew; who did and why is kept on record.

    Raises:
        NotPossible: it is being made, or nobody waits for it, or there is no reason.
    """
    kept = reasoned(reason)
    with transaction.atomic():
        state = locked(projection)
        if under_way([projection.name]):
            raise NotPossible(f"{projection.name} is being made anew already.")
        if state is None or state.wanted_at is None:
            raise NotPossible(f"Nobody waits for {projection.name} to be made anew.")
        ProjectionState.objects.filter(name=projection.name).update(wanted_at=None)
        steering.keep(projection.name, "cancel", by=by, reason=kept)


def skipped(projection: Projection) -> frozenset[int]:
    """The positions that the projection leaves out, whoever makes its table.

    Whoever reads events for it hands on those whose position is not among these.
    """
    return frozenset() if projection.immediate else orders(projection.name).skipped


def locked(projection: Projection, *, skip_locked: bool = False) -> ProjectionState | None:
    """The projection's row, which whoever writes an eventual table locks first.

    None where `skip_locked` and somebody has it.
    """
    note(projection)
    rows = ProjectionState.objects.select_for_update(skip_locked=skip_locked)
    return rows.filter(name=projection.name).first()


@dataclass(slots=True)
class _Follower:
    """A projection as one who follows the log: its live table, and the next one if it was refused.

    Both may be stopped; whoever names a position means the one that is stopped there.
    """

    projection: Projection
    asked: int | None
    held: int | None = None

    @property
    def name(self) -> str:
        return self.projection.name

    def hold(self) -> int | None:
        state = locked(self.projection)
        assert state is not None
        found = [each for each in (state.stopped_at, state.refused_at) if each is not None]
        self.held = self.asked if self.asked in found else next(iter(found), None)
        return self.held

    def go_on(self) -> None:
        rows = ProjectionState.objects.filter(name=self.name)
        rows.filter(stopped_at=self.held).update(stopped_at=None, error="")
        rows.filter(refused_at=self.held).update(refused_at=None, refusal="")

    def go_back(self, position: int | None) -> None:
        raise NotPossible(f"Make its table anew: rebuild_projections {self.name}")
