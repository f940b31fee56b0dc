"""Listeners: other logic that follows events, each with a checkpoint of its own."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from eventstore.appending import advance, forget
from eventstore.listeners.steering import NotPossible
from eventstore.models import ListenerState
from eventstore.reading import checkpoint
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

    @property
    def position(self) -> int:
        """How far it has come: it has done with everything up to there."""
        return checkpoint(self.consumer) or 0

    def begin(self) -> None:
        """Have its row, before the transaction that locks it: others would wait for a new one."""
        if not ListenerState.objects.filter(name=self.name).exists():
            new = ListenerState(name=self.name)
            ListenerState.objects.bulk_create([new], ignore_conflicts=True)

    def locked(self, *, skip: bool = False) -> ListenerState | None:
        """Its row, locked, as whoever moves it does first.

        One that another has is waited for; or it is None, if such are to `skip`.
        """
        rows = ListenerState.objects.select_for_update(skip_locked=skip)
        return rows.filter(name=self.name).first()

    # --- as a follower, which staff steer --------------------------------------------------------

    def hold(self) -> int | None:
        self.begin()
        state = self.locked()
        assert state is not None
        return state.stopped_at

    def go_on(self) -> None:
        ListenerState.objects.filter(name=self.name).update(stopped_at=None, error="")

    def go_back(self, position: int | None) -> None:
        reached = self.position
        if not reached:
            raise NotPossible(f"{self.name} has not begun: there is nothing to go back to.")
        if position is None or not 0 <= position < reached:
            raise NotPossible(
                f"Name a position from 0 to {reached - 1}: {self.name} has come to {reached}, and"
                " does all after that position again."
            )
        forget(self.consumer)
        if position:
            advance(self.consumer, position)


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
