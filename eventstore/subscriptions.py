"""Following the log: every event after a position, once, in order, as it is appended.

NOTIFY wakes a subscription; a poll every second is the fallback, so that a lost connection delays
and never loses. What a subscription has given is remembered by its caller, in a checkpoint.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Collection
from contextlib import suppress
from time import monotonic
from typing import Any, Self

import psycopg
from django.db import connection

from eventstore.failures import UNANSWERED
from eventstore.reading import checkpoint, following, latest_position, read_all, recorded, statement
from eventstore.records import Recorded
from eventstore.wakeup import LISTEN, Wakeup, session_parameters

POLL = 1.0
CHUNK = 500


def subscribe(
    *,
    after: int = 0,
    types: Collection[str] = (),
    category: str | None = None,
    poll: float = POLL,
) -> "Subscription":
    """Iterate over the events after a position, for ever; `stop()` from any thread ends it."""
    return Subscription(after, types, category, poll)


def asubscribe(
    *,
    after: int = 0,
    types: Collection[str] = (),
    category: str | None = None,
    poll: float = POLL,
) -> "AsyncSubscription":
    """The same for `async with` and `async for`, on one connection and without a thread."""
    return AsyncSubscription(after, types, category, poll)


def wait_for(consumer: str, position: int, timeout: float) -> None:
    """Return once the consumer's checkpoint is at this position or beyond.

    Raises:
        TimeoutError: it was not within `timeout` seconds.
    """
    deadline, pause = monotonic() + timeout, 0.002
    while (checkpoint(consumer) or 0) < position:
        left = deadline - monotonic()
        if left <= 0:
            raise TimeoutError(f"{consumer} has not reached position {position} in {timeout} s")
        threading.Event().wait(min(pause, left))
        pause = min(pause * 2, 0.1)


class Subscription:
    """A blocking iterator over the log. Iterate in one thread, stop from any."""

    def __init__(
        self, after: int, types: Collection[str], category: str | None, poll: float
    ) -> None:
        self._after, self._types, self._category, self._poll = after, types, category, poll
        self._events: deque[Recorded] = deque()
        self._wakeup = Wakeup()
        self._stopped = threading.Event()
        self._borrowed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._release()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Recorded:
        while not self._stopped.is_set():
            if self._events:
                return self._events.popleft()
            if not self._read():
                self._wakeup.wait(self._poll)
        self._release()
        raise StopIteration

    def stop(self) -> None:
        """End the iteration promptly, also one that is waiting."""
        self._stopped.set()
        self._wakeup.wake()

    def _read(self) -> bool:
        """Fetch the next events; False when there are none now or the database does not answer."""
        self._borrowed = self._borrowed or connection.connection is None
        try:
            head = latest_position()
            events = read_all(
                after=self._after,
                upto=head,
                types=self._types,
                category=self._category,
                limit=CHUNK,
            )
        except UNANSWERED:
            if connection.in_atomic_block:
                raise
            connection.close()
            return False
        self._events.extend(events)
        self._after = events[-1].position if len(events) == CHUNK else max(head, self._after)
        return bool(events)

    def _release(self) -> None:
        """Give up what this thread holds only for us."""
        self._wakeup.close()
        if self._borrowed and not connection.in_atomic_block:
            connection.close()


class AsyncSubscription:
    """An asynchronous iterator over the log, on a connection of its own."""

    def __init__(
        self, after: int, types: Collection[str], category: str | None, poll: float
    ) -> None:
        self._after, self._types, self._category, self._poll = after, types, category, poll
        self._events: deque[Recorded] = deque()
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._stopped = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopped.set()
        await self._drop()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Recorded:
        while not self._stopped.is_set():
            if self._events:
                return self._events.popleft()
            try:
                if not await self._read():
                    await self._wait()
            except psycopg.Error:
                await self._drop()
                await self._until_stopped(self._poll)
        await self._drop()
        raise StopAsyncIteration

    def stop(self) -> None:
        """End the iteration promptly; from any thread."""
        if self._loop is None:
            self._stopped.set()
        else:
            self._loop.call_soon_threadsafe(self._stopped.set)

    async def _read(self) -> bool:
        connected = await self._connect()
        where, parameters = following(self._after, self._types, self._category)
        cursor = await connected.execute(
            statement(where, order="position", limit=CHUNK),
            parameters,
        )
        events = [recorded(row) for row in await cursor.fetchall()]
        self._events.extend(events)
        if events:
            self._after = events[-1].position
        return bool(events)

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        if self._connection is None:
            made = await psycopg.AsyncConnection.connect(**session_parameters(), autocommit=True)
            self._connection = made
            await made.execute(LISTEN)
        return self._connection

    async def _wait(self) -> None:
        """Until the log has grown, the poll is due, or somebody stops us."""
        assert self._connection is not None
        grown = asyncio.ensure_future(_first(self._connection, self._poll))
        stopped = asyncio.ensure_future(self._stopped.wait())
        done, pending = await asyncio.wait({grown, stopped}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
            with suppress(asyncio.CancelledError, psycopg.Error):
                await task
        if grown in done:
            grown.result()

    async def _until_stopped(self, timeout: float) -> None:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), timeout)

    async def _drop(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


async def _first(connected: psycopg.AsyncConnection[Any], timeout: float) -> None:
    async for _ in connected.notifies(timeout=timeout, stop_after=1):
        return
