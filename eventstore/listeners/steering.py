"""What staff do with whoever follows the log: let it try again, skip an event, pause, resume, …"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.db import transaction

from eventstore.models import Intervention

ACTIONS = ("retry", "skip", "pause", "resume", "replay")


class NotPossible(Exception):
    """It cannot be done with this follower as it is; the sentence says why."""


class Follower(Protocol):
    """Whoever follows the log and stops before what it cannot apply, under a name of its own."""

    @property
    def name(self) -> str: ...

    def hold(self) -> int | None:
        """Lock it against whoever moves it; the position before which it is stopped."""

    def go_on(self) -> None:
        """Let it be stopped no more."""

    def go_back(self, position: int | None) -> None:
        """Let it have all events after a position again.

        Raises:
            NotPossible: it cannot.
        """


@dataclass(frozen=True, slots=True)
class Orders:
    """What staff have said of a follower: whether it waits, and which positions it leaves out."""

    paused: bool = False
    skipped: frozenset[int] = frozenset()


def orders(name: str) -> Orders:
    """What counts now of all that was done to a follower."""
    found = Intervention.objects.filter(follower=name).order_by("id")
    paused, skipped = False, set[int]()
    for action, position in found.values_list("action", "position"):
        if action in ("pause", "resume"):
            paused = action == "pause"
        elif action == "skip" and position is not None:
            skipped.add(position)
        elif action == "retry" and position is not None:
            skipped.discard(position)
    return Orders(paused, frozenset(skipped))


def interventions(name: str, limit: int) -> Sequence[Intervention]:
    """What was done to a follower, the last first."""
    return list(Intervention.objects.filter(follower=name).order_by("-id")[:limit])


def intervene(
    follower: Follower, action: str, *, by: UUID, reason: str, position: int | None = None
) -> None:
    """Do one of `ACTIONS`, and keep on record who did it and why.

    `skip` names the position before which the follower stopped, so that no other event is left out
    by mistake. `retry` may name one that was skipped: it counts again when all is done anew.
    `replay` names the position after which all events are to be done again.

    Raises:
        NotPossible: the follower is not in such a state, or there is no reason.
    """
    reason = reasoned(reason)
    with transaction.atomic():
        stopped_at, before = follower.hold(), orders(follower.name)
        match action:
            case "pause" | "resume":
                if before.paused == (action == "pause"):
                    is_so = "paused already" if before.paused else "not paused"
                    raise NotPossible(f"{follower.name} is {is_so}.")
            case "replay":
                follower.go_back(position)
                follower.go_on()
            case _:
                position = _place(follower, stopped_at, action, position, before)
                if position == stopped_at:
                    follower.go_on()
        keep(follower.name, action, by=by, reason=reason, position=position)


def keep(name: str, action: str, *, by: UUID, reason: str, position: int | None = None) -> None:
    """Keep on record what was done to who goes by this name."""
    Intervention.objects.create(
        follower=name, action=action, position=position, reason=reason, by=by
    )


def reasoned(reason: str) -> str:
    """A reason as it is kept.

    Raises:
        NotPossible: there is none.
    """
    reason = reason.strip()
    if not reason or not reason.isprintable():
        raise NotPossible("A reason is needed: a line of printable characters.")
    return reason


def _place(
    of: Follower, stopped_at: int | None, action: str, asked: int | None, before: Orders
) -> int:
    """The position that is to be skipped or tried again."""
    if action == "retry" and asked in before.skipped:
        return asked
    if stopped_at is None:
        raise NotPossible(f"{of.name} is not stopped.")
    if action == "skip" and asked is None:
        raise NotPossible(f"Name the position: it is stopped before {stopped_at}.")
    if asked not in (None, stopped_at):
        raise NotPossible(f"{of.name} is stopped before position {stopped_at}, not {asked}.")
    return stopped_at
