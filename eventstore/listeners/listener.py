"""Listeners: other logic that follows events, each with a checkpoint of its own."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from eventstore.records import Recorded

Handle = Callable[[Sequence[Recorded]], None]


@dataclass(frozen=True, slots=True)
class Listener:
    """Other logic that follows the events of these `types`; of all types if there are none.

    `handle` is given events in the order of the log, within the transaction that moves the
    checkpoint beyond them: what it does in the database is done with it or not at all, and once.
    What it does elsewhere is done at least once. It gets no event again but after a replay.

    Of a chunk that fails it is given the events one by one, so that it stops before the one that
    cannot be handled; all other listeners go on.
    """

    name: str
    kind: str
    types: Collection[str]
    handle: Handle
    chunk: int = 100

    @property
    def consumer(self) -> str:
        """The name under which it keeps its checkpoint in the store."""
        return f"{self.kind}.{self.name}"


_listeners: dict[str, Listener] = {}


def register(listener: Listener) -> None:
    """Let the worker run it.

    Raises:
        ValueError: another listener has its name.
    """
    if listener.name in _listeners:
        raise ValueError(f"the listener name {listener.name!r} is taken")
    _listeners[listener.name] = listener


def listeners() -> list[Listener]:
    """All listeners, in the order of their names."""
    return [_listeners[name] for name in sorted(_listeners)]
