"""How far everybody is who follows the log, what keeps them back, and for how long."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from eventstore.listeners.listener import Listener, listeners
from eventstore.listeners.steering import Orders, orders
from eventstore.models import ListenerState
from eventstore.reading import latest_position, read_at

NOTHING = Orders()
STATES = ("running", "paused", "stopped", "outdated")


@dataclass(frozen=True, slots=True)
class Status:
    """Where a follower of the log is.

    Its `state` is running, paused, stopped, or outdated when other code keeps its table. It lags
    behind by so many events, the first of which was recorded so many seconds ago. Events of types
    that it does not follow count, until it has passed them.
    """

    name: str
    kind: str
    state: str
    position: int
    lag_events: int
    lag_seconds: float
    stopped_before: int | None
    error: str
    skipped: tuple[int, ...]
    window: str = ""
    """Where the admin has a row of this name."""

    @property
    def trouble(self) -> str:
        """What keeps it back, or its table from being made anew, in words; empty is good."""
        if self.stopped_before is None:
            return self.error
        return f"stopped before {self.stopped_before}: {self.error}"

    @property
    def lag(self) -> str:
        """How far it is behind, in words."""
        if not self.lag_events:
            return "0 events"
        said = f"{self.lag_events:,} event{'s' if self.lag_events > 1 else ''}"
        return f"{said}, {self.lag_seconds:,.0f} s"


@dataclass(frozen=True, slots=True)
class Log:
    """The log as all followers are held against: its last position, and the time."""

    head: int
    now: datetime
    times: dict[int, datetime] = field(default_factory=dict)
    """When events were recorded, by position, of those that are known already."""

    @classmethod
    def as_it_is(cls) -> "Log":
        with connection.cursor() as cursor:
            cursor.execute("SELECT statement_timestamp()")
            ((now,),) = cursor.fetchall()
        return cls(latest_position(), now)

    def status(
        self,
        name: str,
        kind: str,
        *,
        position: int,
        said: Orders = NOTHING,
        stopped_at: int | None = None,
        error: str = "",
        is_off: bool = False,
        outdated: bool = False,
        window: str = "",
    ) -> Status:
        """How one of them stands that has come to this position.

        It has stopped before an event, or because it is switched off.
        """
        position = min(position, self.head)
        is_stopped = is_off or stopped_at is not None
        state = "stopped" if is_stopped else "outdated" if outdated else "running"
        return Status(
            name=name,
            kind=kind,
            state="paused" if said.paused and state == "running" else state,
            position=position,
            lag_events=self.head - position,
            lag_seconds=self._since(position),
            stopped_before=stopped_at,
            error=error,
            skipped=tuple(sorted(said.skipped)),
            window=window,
        )

    def _since(self, position: int) -> float:
        """Seconds since the first event after a position was recorded; 0 if there is none."""
        if position >= self.head:
            return 0.0
        self.look_up([position])
        return max(0.0, (self.now - self.times[position + 1]).total_seconds())

    def look_up(self, positions: Iterable[int]) -> None:
        """Find out at once since when those wait who are at these positions."""
        unknown = {each + 1 for each in positions if each < self.head} - self.times.keys()
        if unknown:
            self.times.update((each.position, each.recorded_at) for each in read_at(unknown))


Source = Callable[[Log], Iterable[Status]]
_sources: list[Source] = []


def told_by(source: Source) -> None:
    """Let this function tell, too, of some who follow the log in a way of their own."""
    _sources.append(source)


def subscriptions() -> list[Status]:
    """How everybody stands who follows the log, in the order of their kinds and names."""
    log = Log.as_it_is()
    found = [*statuses(log), *(status for source in _sources for status in source(log))]
    return sorted(found, key=lambda each: (each.kind, each.name))


def status_of(listener: Listener) -> Status:
    """How a listener stands."""
    return next(each for each in statuses() if each.name == listener.name)


def statuses(log: Log | None = None) -> Iterator[Status]:
    """How all listeners stand, in the order of their names."""
    states, log = ListenerState.objects.in_bulk(), log or Log.as_it_is()
    for each in listeners():
        state = states.get(each.name) or ListenerState(name=each.name)
        yield log.status(
            each.name,
            each.kind,
            position=each.position,
            said=orders(each.name),
            stopped_at=state.stopped_at,
            error=state.error,
            window="eventstore_listenerstate",
        )
