"""Raw events of no domain, for tests of the store itself."""

from typing import Any

from eventstore.store import ANY, Append, NewEvent, Recorded, append


def toy(type: str = "toy.happened", **data: Any) -> NewEvent:
    return NewEvent(type, data)


def happen(stream: str = "toy-1", count: int = 1, type: str = "toy.happened") -> list[Recorded]:
    """Append this many events, whatever the stream's version."""
    return append(Append(stream, [toy(type) for _ in range(count)], ANY))
