"""Server-Sent Events: messages as they come, and signs of life, without a thread."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from time import monotonic

from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer

from eventstore.failures import UNANSWERED
from eventstore.listening import listening

MEDIA_TYPE = "text/event-stream"
HEARTBEAT = 15.0
"""Seconds between two signs of life, at which it is asked again who may listen."""
AGAIN = 1.0
"""Seconds until a database that does not answer is asked again."""
RETRY = b"retry: 1000\n\n"
"""How many milliseconds a client that lost us waits before it comes back."""

"""The database does not answer; it will again."""


class EventStream(BaseRenderer):
    """The media type of streams; they make their messages themselves."""

    media_type = MEDIA_TYPE
    format = "stream"


def message(id_: str, event: str, data: bytes) -> bytes:
    """A message; its data is one line."""
    return f"id: {id_}\nevent: {event}\ndata: ".encode() + data + b"\n\n"


async def stream(
    channel: str,
    topic: str,
    *,
    read: Callable[[], Awaitable[bytes | None]],
    sign: Callable[[], bytes],
    still_may: Callable[[], Awaitable[bool]],
) -> AsyncIterator[bytes]:
    """What there is to `read` and, after an announcement, again; None is the end of it.

    Now and then comes a `sign` of life, and it ends when who listens no longer may.
    """
    yield RETRY + sign()
    due = monotonic() + HEARTBEAT
    while True:
        if monotonic() >= due:
            with suppress(*UNANSWERED):
                if not await still_may():
                    return
            due = monotonic() + HEARTBEAT
            yield sign()
        async with listening(channel, topic) as bell:
            found, pause = b"", max(0.0, due - monotonic())
            try:
                more = await read()
                if more is None:
                    return
                found = more
            except UNANSWERED:
                pause = min(pause, AGAIN)
            if not found:
                await bell.rung(pause)
        if found:
            yield found


def streaming(
    messages: Iterable[bytes] | AsyncIterable[bytes], **headers: str
) -> StreamingHttpResponse:
    """The answer that is such a stream."""
    told = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", **headers}
    return StreamingHttpResponse(messages, content_type=MEDIA_TYPE, headers=told)
