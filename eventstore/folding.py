"""How the events of a stream add up to a state: the write side says it, the windows show it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eventstore.reading import read_stream
from eventstore.records import Recorded

MOST = 10_000
"""Events that are folded for one page; a longer way is for `verify`."""

State = Mapping[str, Any]
Fold = Callable[[str, Sequence[Recorded]], State | None]

_fold: Fold = lambda stream, events: None  # noqa: E731


def folded_by(fold: Fold) -> None:
    """Let this function fold streams: it gives None for those that it does not know."""
    global _fold
    _fold = fold


def around(stream: str, version: int) -> tuple[State | None, State | None]:
    """A stream's state before and after its event of this version; None where it is not known."""
    if version > MOST:
        return None, None
    events = read_stream(stream, upto=version)
    return _fold(stream, events[:-1]) if events[:-1] else None, _fold(stream, events)
