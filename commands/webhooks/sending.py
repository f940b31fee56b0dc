"""Sending an event to an endpoint: one POST, to an address that was judged, within bounds."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpcore

from commands.webhooks.addresses import Network, NotAllowed, judge, resolving, target

SECONDS = 15.0
"""How long an attempt may take: to find, reach and greet the receiver, and to hear its answer."""
CONNECTING = 5.0
"""Seconds of these for each address that the receiver has."""
MOST = 64 * 1024
"""Bytes of an answer that are read, and thrown away."""

BROKEN = (
    (NotAllowed, "{why}"),
    (socket.gaierror, "Its name leads to no address."),
    (httpcore.ConnectError, "It cannot be reached: {why}"),
    (httpcore.TimeoutException, "It cannot be reached in time."),
    (httpcore.ProtocolError, "What it answered is no HTTP, or broke off."),
    (httpcore.NetworkError, "The connection broke off."),
    (OSError, "It cannot be reached."),
)
"""What may happen instead of an answer, and how that is told: nothing of what was received."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered; `status` is None where no answer came, `error` says what broke."""

    status: int | None
    error: str
    seconds: float

    @property
    def is_success(self) -> bool:
        """Whether the receiver has taken the event: it said so, however its answer went on."""
        return self.status is not None and 200 <= self.status < 300


class Judged(httpcore.AsyncNetworkBackend):
    """Looks a name up once, judges all that it leads to, and connects to just those addresses."""

    def __init__(self, scheme: str, allowed: Sequence[Network]) -> None:
        self._scheme, self._allowed = scheme, allowed
        self._network = httpcore.AnyIOBackend()
        self._last: httpcore.AsyncNetworkStream | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await asyncio.wrap_future(resolving(host, port))
        judge(addresses, self._scheme, self._allowed)
        refused: Exception = OSError("There is no address.")
        for address in addresses:
            try:
                self._last = await self._network.connect_tcp(str(address), port, CONNECTING)
                return self._last
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                refused = error
        raise refused

    async def close(self) -> None:
        """Give back the last connection too if it was broken off before TLS had begun."""
        if self._last is not None:
            await self._last.aclose()


class Line:
    """A connection to an endpoint, which is kept while there is more to be sent."""

    def __init__(self, url: str, pool: httpcore.AsyncConnectionPool) -> None:
        self._target, self._pool = target(url), pool
        self._url = httpcore.URL(
            scheme=self._target.scheme,
            host=self._target.host,
            port=self._target.port,
            target=self._target.path,
        )

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a body, and wait for the answer. Redirects are answers like others."""
        started = time.monotonic()
        status, error = None, ""
        sent = {
            "host": self._target.authority,
            "content-type": "application/json",
            "content-length": str(len(body)),
            "user-agent": "Daybook",
            **headers,
        }
        try:
            async with asyncio.timeout(SECONDS):
                asked = self._pool.stream("POST", self._url, headers=sent, content=body)  # type: ignore[arg-type]
                async with asked as answer:
                    status = answer.status
                    await _throw_away(answer)
        except TimeoutError:
            error = f"It took more than {SECONDS:.0f} seconds."
        except tuple(kind for kind, _ in BROKEN) as why:
            said = next(said for kind, said in BROKEN if isinstance(why, kind))
            error = said.format(why=why)[:200]
        return Answer(status, error, time.monotonic() - started)


@asynccontextmanager
async def line(
    url: str, *, allowed: Sequence[Network], trust: ssl.SSLContext
) -> AsyncIterator[Line]:
    """A line to an endpoint, which only goes where it may and believes whom `trust` believes."""
    network = Judged(target(url).scheme, allowed)
    pool = httpcore.AsyncConnectionPool(
        ssl_context=trust, max_connections=1, network_backend=network
    )
    try:
        async with pool:
            yield Line(url, pool)
    finally:
        await network.close()


async def _throw_away(answer: httpcore.Response) -> None:
    """Read an answer to its end, so that the connection can be used again, or until it is long."""
    read = 0
    async for part in answer.aiter_stream():
        read += len(part)
        if read > MOST:
            return
