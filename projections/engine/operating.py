"""What staff do with an eventual projection: let it try again, skip an event, pause and resume."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from projections.engine.models import Intervention, ProjectionState
from projections.engine.projector import Projection
from projections.engine.standing import note

ACTIONS = ("retry", "skip", "pause", "resume")


class NotPossible(Exception):
    """It cannot be done with this projection as it is; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What staff have said of a projection: whether it waits, and which positions it leaves out."""

    paused: bool
    skipped: frozenset[int]


def orders(projection: Projection) -> Orders:
    """What counts now of all that was done to a projection."""
    found = Intervention.objects.filter(projection=projection.name).order_by("id")
    paused, skipped = False, set[int]()
    for action, position in found.values_list("action", "position"):
        if position is None:
            paused = action == "pause"
        elif action == "skip":
            skipped.add(position)
        else:
            skipped.discard(position)
    return Orders(paused, frozenset(skipped))


def skipped(projection: Projection) -> frozenset[int]:
    """The positions that the projection leaves out, whoever makes its table.

    Whoever reads events for it hands on those whose position is not among these.
    """
    return frozenset() if projection.immediate else orders(projection).skipped


def intervene(
    projection: Projection, action: str, *, by: UUID, reason: str, position: int | None = None
) -> None:
    """Do one of `ACTIONS`, and keep on record who did it and why.

    `skip` names the position before which the projection stopped, so that no other event is left
    out by mistake. `retry` may name one that was skipped: it counts again from the next rebuild on.

    Raises:
        NotPossible: the projection is not in such a state, or there is no reason.
    """
    reason = reason.strip()
    if not reason or not reason.isprintable():
        raise NotPossible("A reason is needed: a line of printable characters.")
    if projection.immediate:
        raise NotPossible(f"{projection.name} is kept with the events; no worker is to be told.")
    with transaction.atomic():
        state = locked(projection)
        assert state is not None
        before = orders(projection)
        if action in ("pause", "resume"):
            if before.paused == (action == "pause"):
                raise NotPossible(
                    f"{projection.name} is {'paused already' if before.paused else 'not paused'}."
                )
        else:
            position = _place(projection, state, action, position, before)
            if position == state.stopped_at:
                ProjectionState.objects.filter(name=state.name).update(stopped_at=None, error="")
        Intervention.objects.create(
            projection=projection.name, action=action, position=position, reason=reason, by=by
        )


def locked(projection: Projection, *, skip_locked: bool = False) -> ProjectionState | None:
    """The projection's row, which whoever writes an eventual table locks first.

    None where `skip_locked` and somebody has it.
    """
    note(projection)
    rows = ProjectionState.objects.select_for_update(skip_locked=skip_locked)
    return rows.filter(name=projection.name).first()


def _place(
    projection: Projection, state: ProjectionState, action: str, asked: int | None, before: Orders
) -> int:
    """The position that is to be skipped or tried again."""
    if action == "retry" and asked in before.skipped:
        return asked
    if state.stopped_at is None:
        raise NotPossible(f"{projection.name} is not stopped.")
    if action == "skip" and asked is None:
        raise NotPossible(f"Name the position: it is stopped before {state.stopped_at}.")
    if asked not in (None, state.stopped_at):
        raise NotPossible(
            f"{projection.name} is stopped before position {state.stopped_at}, not {asked}."
        )
    return state.stopped_at
