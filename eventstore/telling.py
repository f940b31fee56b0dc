"""The log as Server-Sent Events: what stands after a position, read once for all who ask for it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

from eventstore.epoch import current
from eventstore.http import to_json
from eventstore.published import cloud_event
from eventstore.reading import latest_position, read_all
from eventstore.records import Recorded
from eventstore.streaming import RETRY, message, stream
from eventstore.together import Together

CHUNK = 100
"""Events that are read, and told, at once."""
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
    text = b"".join(told_of(event, epoch) for event in events)
    upto = events[-1].position if len(events) == CHUNK else max(head, after)
    return Chapter(epoch, head, upto, text)


def told_of(event: Recorded, epoch: int) -> bytes:
    """An event as a message."""
    return message(f"{epoch}:{event.position}", event.type, to_json(cloud_event(event, epoch)))


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

    async def more() -> bytes | None:
        nonlocal after
        found = await read(after, types)
        after = found.upto
        return found.text if found.epoch == epoch else None

    async for messages in stream(
        "events", "", read=more, sign=lambda: mark(epoch, after), still_may=still_may
    ):
        yield messages


async def read(after: int, types: Types) -> Chapter:
    """The next chapter after a position, as it stands in the log now or a little later."""
    return await _reading.found((after, types))


def _chapters(asked: Sequence[tuple[int, Types]]) -> dict[tuple[int, Types], Chapter]:
    return {each: chapter(*each) for each in asked}


# One after the other: those who are far behind hold one thread, and few events in memory.
_reading = Together(_chapters, most=1)
