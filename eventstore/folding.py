"""How the events of a stream add up to a state: the write side says it, the windows show it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from eventstore.errors import EventStoreError, UnknownEvent
from eventstore.reading import read_stream
from eventstore.records import Recorded

CHUNK = 2_000
MOST = 100_000
"""Events that are folded for one page, in a few seconds; a longer way is for `verify`."""

UNREADABLE = (UnknownEvent, LookupError, TypeError, ValueError)
"""What an event raises that the code does not know, or knows in another shape."""

State = Mapping[str, Any]
Fold = Callable[[str, Iterable[Recorded]], tuple[State | None, State | None]]

_fold: Fold = lambda stream, events: (None, None)  # noqa: E731
_states: Callable[[], list[type]] = list


class NotFolded(EventStoreError):
    """The stream's state is not known here; the message says why."""


def folded_by(fold: Fold, states: Callable[[], list[type]]) -> None:
    """Let this function fold streams: it gives the states before and after the last event.

    The other one gives the classes of these states.
    """
    global _fold, _states
    _fold, _states = fold, states


def states() -> list[type]:
    """The classes of all states that streams are folded to."""
    return _states()


def around(stream: str, version: int) -> tuple[State | None, State]:
    """A stream's state before and after its event of this version; None before the first.

    Raises:
        NotFolded: no rule folds it, it is too long, or an event does not fit the code.
    """
    if version > MOST:
        raise NotFolded(f"More than {MOST:,} events lead here: only verify folds so many.")
    try:
        before, after = _fold(stream, _events(stream, version))
    except UNREADABLE as error:
        raise NotFolded(f"An event up to here does not fit the code: {error}") from error
    if after is None:
        raise NotFolded("This stream cannot be folded: no rule knows its kind.")
    return before, after


def _events(stream: str, upto: int) -> Iterator[Recorded]:
    for after in range(0, upto, CHUNK):
        yield from read_stream(stream, after=after, upto=min(after + CHUNK, upto))
