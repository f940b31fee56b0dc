"""Sending answers: what is there at once, what is made in a thread, and streams without an end."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from eventstore.threads import hop_to

CHUNK_SECONDS = 30
"""How long a client may take to read one chunk of a stream."""
FAREWELL_SECONDS = 1
"""How long a server that is to stop tries to end a stream properly."""
STREAMS = ThreadPoolExecutor(4, thread_name_prefix="daybook-streams")
"""Threads that only streams hold, so that slow readers keep nobody but each other waiting."""

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LAST: Message = {"type": "http.response.body"}


async def send_answer(
    response: HttpResponseBase, receive: Receive, send: Send, *, ending: asyncio.Event
) -> None:
    """Send an answer; one that comes bit by bit goes on until `ending` at the latest."""
    await send(_start(response))
    if not isinstance(response, StreamingHttpResponse):
        await send(
            {**LAST, "body": response.content if isinstance(response, HttpResponse) else b""}
        )
    elif response.is_async:
        await _flow(response, receive, send, ending)
    else:
        await hop_to(STREAMS, _push, response, send, asyncio.get_running_loop())
        await send(LAST)


async def send_head(response: HttpResponseBase, send: Send) -> None:
    """Send an answer without its body."""
    await send(_start(response))
    await send({**LAST, "body": b""})
    if response.streaming:
        response.close()


def _start(response: HttpResponseBase) -> Message:
    cookies = (("Set-Cookie", each.OutputString()) for each in response.cookies.values())
    return {
        "type": "http.response.start",
        "status": response.status_code,
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in (*response.items(), *cookies)
        ],
    }


def _chunk(content: bytes) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": True}


async def _flow(
    response: StreamingHttpResponse, receive: Receive, send: Send, ending: asyncio.Event
) -> None:
    """Send a stream as it comes, until it ends, its client is gone or the server is to stop."""
    sending = asyncio.ensure_future(_pour(response, send))
    tasks = sending, asyncio.ensure_future(gone(receive)), asyncio.ensure_future(ending.wait())
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        response.close()
    if sending in done:
        if sending.result():
            await _within(CHUNK_SECONDS, send(LAST))
    elif ending.is_set():
        await _within(FAREWELL_SECONDS, send(LAST))


async def _pour(response: StreamingHttpResponse, send: Send) -> bool:
    """Send all of a stream; false when its client does not read."""
    async for content in response:
        if not await _within(CHUNK_SECONDS, send(_chunk(content))):
            return False
    return True


async def gone(receive: Receive) -> None:
    """Return once the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _within(seconds: float, sent: Awaitable[None]) -> bool:
    """Wait until there is room for what is sent; false when there is none in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await sent
            return True
    return False


def _push(response: StreamingHttpResponse, send: Send, loop: asyncio.AbstractEventLoop) -> None:
    """Make and send a stream in one thread, whose database connection it reads from."""

    async def pass_on(content: bytes) -> None:
        # What a server gives back from `send` may be awaited, but need not be a coroutine.
        await send(_chunk(content))

    chunks: Iterable[bytes] = response
    try:
        for content in chunks:
            asyncio.run_coroutine_threadsafe(pass_on(content), loop).result(CHUNK_SECONDS)
    finally:
        response.close()
