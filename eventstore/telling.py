"""The log as Server-Sent Events: what stands after a position, read once for all who ask for it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from django.db import InterfaceError, OperationalError

from eventstore.epoch import current
from eventstore.http import to_json
from eventstore.listening import listening
from eventstore.published import cloud_event
from eventstore.reading import latest_position, read_all
from eventstore.records import Recorded
from eventstore.together import Together

MEDIA_TYPE = "text/event-stream"
HEARTBEAT = 15.0
"""Seconds between two signs of life, at which it is asked again who may listen."""
AGAIN = 1.0
"""Seconds until a database that does not answer is asked again."""
CHUNK = 100
"""Events that are read, and told, at once."""
RETRY = b"retry: 1000\n\n"
"""How many milliseconds a client that lost us waits before it comes back."""

LOST = (OperationalError, InterfaceError)
"""The database does not answer; it will again."""

Types = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """The next events of some types as messages; `upto` is how far they go, beyond it is unread."""

    epoch: int
    head: int
    upto: int
    text: bytes


def chapter(after: int, types: Types) -> Chapter:
    """What stands in the log after a position, as much of it as is told at once."""
    head, epoch = latest_position(), current()
    events = read_all(after=after, upto=head, types=types, limit=CHUNK) if head > after else []
    text = b"".join(message(event, epoch) for event in events)
    upto = events[-1].position if len(events) == CHUNK else max(head, after)
    return Chapter(epoch, head, upto, text)


def message(event: Recorded, epoch: int) -> bytes:
    """An event as a message, all of it in one line."""
    data = to_json(cloud_event(event, epoch))
    return f"id: {epoch}:{event.position}\nevent: {event.type}\ndata: ".encode() + data + b"\n\n"


def mark(epoch: int, position: int) -> bytes:
    """A sign of life; the client that read it goes on after this position when it comes back."""
    return f": at {position}\nid: {epoch}:{position}\n\n".encode()


def told(epoch: int, after: int, types: Types) -> Iterator[bytes]:
    """What there is now."""
    yield RETRY + mark(epoch, after)
    while (found := chapter(after, types)).epoch == epoch and found.upto > after:
        after = found.upto
        yield found.text or mark(epoch, after)


async def tell(
    epoch: int, after: int, types: Types, still_may: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    """What there is and then what comes, until whoever listens may not or the log is restored."""
    yield RETRY + mark(epoch, after)
    due = monotonic() + HEARTBEAT
    while True:
        if monotonic() >= due:
            with suppress(*LOST):
                if not await still_may():
                    return
            due = monotonic() + HEARTBEAT
            yield mark(epoch, after)
        async with listening("events") as bell:
            found = await _read_if_possible(after, types)
            if found is None or not found.text:
                left = max(0.0, due - monotonic())
                await bell.rung(left if found else min(left, AGAIN))
        if found is not None:
            if found.epoch != epoch:
                return
            after = found.upto
            if found.text:
                yield found.text


async def _read_if_possible(after: int, types: Types) -> Chapter | None:
    try:
        return await read(after, types)
    except LOST:
        return None


async def read(after: int, types: Types) -> Chapter:
    """The next chapter after a position, as it stands in the log now or a little later."""
    return await _reading.found((after, types))


def _chapters(asked: Sequence[tuple[int, Types]]) -> dict[tuple[int, Types], Chapter]:
    return {each: chapter(*each) for each in asked}


# One after the other: those who are far behind hold one thread, and few events in memory.
_reading = Together(_chapters, most=1)
