"""What staff do with a listener: let it try again, skip an event, pause, resume, go back."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from eventstore.appending import advance, forget
from eventstore.listeners.listener import Listener
from eventstore.models import Intervention, ListenerState
from eventstore.reading import checkpoint

ACTIONS = ("retry", "skip", "pause", "resume", "replay")


class NotPossible(Exception):
    """It cannot be done with this listener as it is; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What staff have said of a listener: whether it waits, and which positions it leaves out."""

    paused: bool
    skipped: frozenset[int]


def orders(name: str) -> Orders:
    """What counts now of all that was done to a listener."""
    found = Intervention.objects.filter(listener=name).order_by("id")
    paused, skipped = False, set[int]()
    for action, position in found.values_list("action", "position"):
        if action in ("pause", "resume"):
            paused = action == "pause"
        elif position is not None and action == "skip":
            skipped.add(position)
    return Orders(paused, frozenset(skipped))


def intervene(
    listener: Listener, action: str, *, by: UUID, reason: str, position: int | None = None
) -> None:
    """Do one of `ACTIONS`, and keep on record who did it and why.

    `skip` names the position before which the listener stopped, so that no other event is left out
    by mistake. `replay` names the position after which it is given all events again.

    Raises:
        NotPossible: the listener is not in such a state, or there is no reason.
    """
    reason = reason.strip()
    if not reason or not reason.isprintable():
        raise NotPossible("A reason is needed: a line of printable characters.")
    with transaction.atomic():
        state = locked(listener.name)
        assert state is not None
        match action:
            case "pause" | "resume":
                paused = orders(listener.name).paused
                if paused == (action == "pause"):
                    is_so = "paused already" if paused else "not paused"
                    raise NotPossible(f"{listener.name} is {is_so}.")
            case "replay":
                _go_back(listener, position)
            case _:
                position = _stopped_before(state, action, position)
        if action not in ("pause", "resume"):
            ListenerState.objects.filter(name=state.name).update(stopped_at=None, error="")
        Intervention.objects.create(
            listener=listener.name, action=action, position=position, reason=reason, by=by
        )


def locked(name: str, *, skip: bool = False) -> ListenerState | None:
    """Lock a listener's row, as whoever moves it does first.

    One that another has is waited for; or None, if such are to `skip`.
    """
    rows = ListenerState.objects.select_for_update(skip_locked=skip).filter(name=name)
    if (found := rows.first()) is None and not ListenerState.objects.filter(name=name).exists():
        ListenerState.objects.bulk_create([ListenerState(name=name)], ignore_conflicts=True)
        return rows.first()
    return found


def _stopped_before(state: ListenerState, action: str, asked: int | None) -> int:
    """The position that is to be skipped or tried again."""
    name, at = state.name, state.stopped_at
    if at is None:
        raise NotPossible(f"{name} is not stopped.")
    if action == "skip" and asked is None:
        raise NotPossible(f"Name the position: it is stopped before {at}.")
    if asked not in (None, at):
        raise NotPossible(f"{name} is stopped before position {at}, not {asked}.")
    return at


def _go_back(listener: Listener, position: int | None) -> None:
    """Give it all events after a position again."""
    reached = checkpoint(listener.consumer) or 0
    if position is None or not 0 <= position < reached:
        raise NotPossible(
            f"Name a position from 0 to {reached - 1}: {listener.name} has the events up to"
            f" {reached}, and is given those after that position again."
            if reached
            else f"{listener.name} has not begun: there is nothing to go back to."
        )
    forget(listener.consumer)
    if position:
        advance(listener.consumer, position)
