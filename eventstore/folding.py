"""How the events of a stream add up to a state: the write side says it, the windows show it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from eventstore.reading import read_stream
from eventstore.records import Recorded

CHUNK = 2_000
MOST = 100_000
"""Events that are folded for one page, in a few seconds; a longer way is for `verify`."""

State = Mapping[str, Any]
Fold = Callable[[str, Iterable[Recorded]], tuple[State | None, State | None]]

_fold: Fold = lambda stream, events: (None, None)  # noqa: E731


def folded_by(fold: Fold) -> None:
    """Let this function fold streams: it gives the states before and after the last event."""
    global _fold
    _fold = fold


def around(stream: str, version: int) -> tuple[State | None, State | None]:
    """A stream's state before and after its event of this version; None where it is not known."""
    return _fold(stream, _events(stream, version)) if version <= MOST else (None, None)


def _events(stream: str, upto: int) -> Iterator[Recorded]:
    for after in range(0, upto, CHUNK):
        yield from read_stream(stream, after=after, upto=min(after + CHUNK, upto))
