"""A receiver of webhooks: a real server, in any manner, that remembers what it was sent."""

import asyncio
import json
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from commands.webhooks import endpoints, retries, worker
from commands.webhooks.models import Endpoint
from eventstore.store import ANY, Append, NewEvent, Recorded, append
from tests.examples.connections import InThread, hops_in_one_thread
from tests.examples.factories import user
from tests.examples.people import SAM

LOOPBACK = [ip_network("127.0.0.0/8")]
OK = b"HTTP/1.1 204 No Content\r\n\r\n"
SOON = [timedelta(milliseconds=20)] * 7


@dataclass(frozen=True)
class Received:
    """What came in one request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def position(self) -> int:
        return self.event["position"]


Manner = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]
"""How a receiver answers a request."""


async def obliging(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(OK)


def answering(*statuses: int, then: bytes = b"") -> Manner:
    """Answers with these, one after the other, and then with the last of them for ever."""
    left = list(statuses)

    async def answer(_: Received, writer: asyncio.StreamWriter) -> None:
        status = left.pop(0) if len(left) > 1 else left[0]
        writer.write(b"HTTP/1.1 %d X\r\n%bcontent-length: 0\r\n\r\n" % (status, then))

    return answer


class Receiver:
    """A server at `url`; `received` is what it was sent, in order."""

    def __init__(self, manner: Manner, tls: ssl.SSLContext | None) -> None:
        self.manner, self.received, self.connections = manner, list[Received](), 0
        self._tls, self._ready = tls, threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(20)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(20)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/hook"

    @property
    def positions(self) -> list[int]:
        return [each.position for each in self.received]

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._attend, "127.0.0.1", 0, ssl=self._tls)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        if tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=5)

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(OSError, EOFError, asyncio.CancelledError):
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
                given = dict(line.split(": ", 1) for line in head[1:] if line)
                body = await reader.readexactly(int(headers["content-length"]))
                names = {name.lower(): value for name, value in given.items()}
                request = Received(head[0].split(" ")[1], names, body)
                self.received.append(request)
                await self.manner(request, writer)
                await writer.drain()
        writer.close()
        with suppress(OSError, TimeoutError):
            await asyncio.wait_for(writer.wait_closed(), 1)


@contextmanager
def receiver(manner: Manner = obliging, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver, for as long as this lasts."""
    found = Receiver(manner, tls)
    found.start()
    try:
        yield found
    finally:
        found.stop()


@contextmanager
def delivering() -> Iterator[None]:
    """A worker's loop for webhooks, for as long as this lasts; its failure is the test's."""
    stop = threading.Event()
    with hops_in_one_thread():
        loop = InThread(lambda: worker.run(stop))
        try:
            yield
        finally:
            stop.set()
            loop.result()


def impatient(patch: pytest.MonkeyPatch) -> None:
    """Let what failed be tried again at once."""
    patch.setattr(retries, "DELAYS", SOON)


def endpoint(to: Receiver | str, *, types: tuple[str, ...] = (), prefix: str = "") -> Endpoint:
    """An endpoint of Sam's; a receiver's own, or at an address."""
    url = to if isinstance(to, str) else to.url
    return endpoints.create(url, types=list(types), prefix=prefix, by=user(SAM).id)


def happen(count: int = 1, stream: str = "toy-1", type: str = "toy.happened") -> list[Recorded]:
    """Let this happen, so many times at once."""
    return append(Append(stream, [NewEvent(type, {"n": str(n)}) for n in range(count)], ANY))
