"""What many callers were told at once, put into one order: the one in which the model is asked.

What has events stands where those do. All else, which changed nothing, stands at any point where
each stream it was decided on had the version it was decided on, and not before what its caller
could know of already: the order keeps to real time.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from typing import Any

from commands.engine.due import DUE
from commands.engine.models import Request
from eventstore.store import read_all, versions_at
from tests.examples.model import Answer, Asked


@dataclass
class Call:
    """A request that was answered between two moments of the monotonic clock.

    Its `grounds` are the versions of the streams that it was decided on.
    """

    asked: Asked
    began: float
    ended: float
    answer: Answer
    request: Any
    key: str | None = None
    replayed: bool = False
    grounds: Mapping[str, int] = field(default_factory=dict)
    place: int = -1
    order: float = 0


@dataclass
class Expiry:
    """What the time brought about for an account, before a call or by itself."""

    account: str
    place: int
    order: float = 0


class Log:
    """The versions of streams after each of the requests that changed anything since a position."""

    def __init__(self, base: int, streams: Iterable[str]) -> None:
        events = read_all(after=base, limit=None)
        ends = {event.metadata["request"]: event.position for event in events}
        self.places = sorted({base, *ends.values()})
        begun = versions_at(list(set(streams)), base)
        self._versions = {stream: [(base, begun.get(stream, 0))] for stream in streams}
        for event in events:
            self._versions.setdefault(event.stream, []).append((event.position, event.version))

    def fits(self, decided_on: Mapping[str, int], place: int) -> bool:
        """Whether these are the versions that there were after this position."""
        return all(self._version(name, place) == at for name, at in decided_on.items())

    def _version(self, stream: str, place: int) -> int:
        found = self._versions[stream]
        return found[bisect_right(found, place, key=itemgetter(0)) - 1][1]


def in_order(calls: Sequence[Call], base: int) -> list[Call | Expiry]:
    """Calls and expiries after a position of the log, in an order that explains every answer."""
    decided = sorted((call for call in calls if not call.replayed), key=attrgetter("began"))
    rows = Request.objects.in_bulk([each.request for each in decided])
    log = Log(base, [stream for row in rows.values() for stream in row.decided_on])
    for call in decided:
        earlier = (each.place for each in decided if each.ended < call.began)
        _place(call, rows[call.request], log, floor=max(earlier, default=base))
    expired = Request.objects.filter(source=DUE, first_position__gt=base)
    expiries = [Expiry(row.payload["account"], row.first_position) for row in expired]
    return sorted([*decided, *expiries], key=lambda each: (each.place, each.order))


def _place(call: Call, row: Request, log: Log, *, floor: int) -> None:
    """Find where in the log a call was decided, which is not before what was over by then."""
    call.grounds = row.decided_on
    if row.events:
        call.place, call.order = row.first_position + row.events - 1, 0
        assert row.first_position > floor, f"{call} is placed before what was over"
        assert log.fits(row.decided_on, row.first_position - 1), f"{call} has other grounds"
        return
    # What succeeds without an event says itself where it was decided.
    places = log.places if row.first_position is None else [row.first_position]
    fitting = (at for at in places if at >= floor and log.fits(row.decided_on, at))
    call.place, call.order = next(fitting, -1), call.began
    assert call.place >= 0, f"{call} was decided on what never was"
