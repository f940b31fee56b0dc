"""Which event it is that cannot be applied."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction

from eventstore.errors import EventStoreError, UnknownEvent, in_a_line
from eventstore.failures import passes
from eventstore.records import Recorded
from eventstore.store import Scan
from projections.engine.apply import apply
from projections.engine.projector import Projection

CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Culprit:
    """An event that cannot be applied, and the error of who tries."""

    event: Recorded
    error: Exception

    @property
    def why(self) -> str:
        """The error in a line."""
        return in_a_line(self.error)


def may_be_of_an_event(error: Exception) -> bool:
    """Whether an event can be to blame for it, and not the database or somebody in the way."""
    return isinstance(error, UnknownEvent) or not (
        isinstance(error, EventStoreError) or passes(error)
    )


def culprit(
    target: Projection, scan: Scan, *, after: int, upto: int, left_out: Collection[int]
) -> Culprit | None:
    """The first event that cannot be applied to a table which has those up to a position.

    None when all up to another one can. What is applied to find it is for the caller to roll back.
    """
    while after < upto:
        some = scan.next(after, upto, CHUNK)
        after = some.reached
        if found := _among(target, list(some.without(left_out))):
            return found
    return None


def _among(target: Projection, events: Sequence[Recorded]) -> Culprit | None:
    """Bisected: the half that can be applied is, and the other one is looked at."""
    if (error := _failure(target, events)) is None:
        return None
    while len(events) > 1:
        half = events[: len(events) // 2]
        events = half if _failure(target, half) else events[len(half) :]
    return Culprit(events[0], _failure(target, events) or error)


def _failure(target: Projection, events: Sequence[Recorded]) -> Exception | None:
    try:
        with transaction.atomic():
            apply([target], events)
    except Exception as error:
        if not may_be_of_an_event(error):
            raise
        return error
    return None
