"""Being woken on an event loop: one LISTEN connection for all who wait there, however many.

While there is no connection everybody is woken once a second, and once when there is one again:
what was announced in between is gone.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.conf import settings
from psycopg import sql

from eventstore.threads import hop
from eventstore.wakeup import session_parameters

POLL = 1.0
"""Seconds between two rings while there is no connection."""
PAUSE = 0.5
"""Seconds until a connection that was lost, or could not be made, is tried again."""
PROBE = 30.0
"""Seconds of silence after which a connection has to show that it is alive, in as many."""
LINGER = 2.0
"""Seconds for which a connection stays when nobody waits any more: most come back."""

log = logging.getLogger(__name__)


class Bell:
    """Rings when the channel announces its topic; one who waits has one of their own."""

    def __init__(self, listener: "_Listener", channel: str, topic: str) -> None:
        self.channel, self.topic = channel, topic
        self._listener, self._announced = listener, asyncio.Event()

    async def rung(self, timeout: float) -> bool:
        """Return when the channel announced this topic, or may have while nobody listened.

        False when `timeout` seconds have passed, or when nobody shall wait any longer since the
        process ends. It may ring for nothing, but never misses an announcement.
        """
        due = timeout if self._listener.hears(self.channel) else min(timeout, POLL)
        if not self._listener.closing:
            with suppress(TimeoutError):
                async with asyncio.timeout(due):
                    await self._announced.wait()
        if self._listener.closing:
            return False
        if not self._announced.is_set():
            return due < timeout
        self._announced.clear()
        return True

    def ring(self) -> None:
        self._announced.set()


@asynccontextmanager
async def listening(channel: str, topic: str = "") -> AsyncIterator[Bell]:
    """A bell for a topic of a channel, or for all of them; nothing announced within is missed."""
    listener = _here()
    bell = Bell(listener, channel, topic)
    listener.add(bell)
    try:
        if not listener.hears(channel):
            await bell.rung(POLL)
        yield bell
    finally:
        listener.remove(bell)


def stop_waiting() -> None:
    """Nobody shall wait on this event loop any longer: every bell says that the time is up."""
    _here().close()


class _Listener:
    """The bells of one event loop, and the connection that rings them."""

    def __init__(self) -> None:
        self.closing = False
        self._bells: defaultdict[tuple[str, str], set[Bell]] = defaultdict(set)
        self._heard: dict[str, str] = {}
        """The channels that are listened to, by their names in the database."""
        self._wanted: set[str] = set()
        self._lost = False
        self._woken = asyncio.Event()
        self._at_work: asyncio.Task[None] | None = None

    def hears(self, channel: str) -> bool:
        return channel in self._heard.values()

    def add(self, bell: Bell) -> None:
        self._bells[bell.channel, bell.topic].add(bell)
        if bell.channel not in self._wanted:
            self._wanted.add(bell.channel)
            self._woken.set()
        if self._at_work is None:
            self._at_work = asyncio.get_running_loop().create_task(self._work())

    def remove(self, bell: Bell) -> None:
        place = bell.channel, bell.topic
        self._bells[place].discard(bell)
        if not self._bells[place]:
            del self._bells[place]
        if not self._bells:
            self._woken.set()

    def close(self) -> None:
        self.closing = True
        self._woken.set()
        self._ring_all()

    async def _work(self) -> None:
        """Keep a connection for as long as there are bells, and a little longer."""
        try:
            while self._bells and not self.closing:
                try:
                    await self._attend()
                except Exception:
                    if not self._lost:
                        log.warning("no connection for LISTEN", exc_info=True)
                    self._lost = True
                    self._ring_all()
                    await self._wait(PAUSE)
        finally:
            self._wanted.clear()
            self._at_work = None

    async def _attend(self) -> None:
        """Listen on one connection until it is lost or nobody needs it any more."""
        if settings.EMBEDDED:
            await hop(settings.EMBEDDED.ensure_running)
        async with asyncio.timeout(PROBE):
            made = await psycopg.AsyncConnection.connect(**session_parameters(), autocommit=True)
        try:
            while not self.closing:
                await self._listen(made)
                async for announced in made.notifies(timeout=0):
                    self._ring(announced)
                if not await self._needed(made):
                    break
        finally:
            self._heard.clear()
            await made.close()

    async def _listen(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Have the channels announced that are waited for; who waited meanwhile looks again."""
        missing = self._wanted - set(self._heard.values())
        if not missing:
            return
        async with asyncio.timeout(PROBE):
            (schema,) = await (await connection.execute(SCHEMA)).fetchone() or ("",)
            for channel in missing:
                name = f"daybook_{channel}_{schema}"
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(name)))
                self._heard[name] = channel
        self._lost = False
        for (channel, _), bells in self._bells.items():
            if channel in missing:
                _ring_each(bells)

    async def _needed(self, connection: psycopg.AsyncConnection[Any]) -> bool:
        """Wait until there is something to do; false when nobody has come back for so long."""
        loop, socket = asyncio.get_running_loop(), connection.fileno()
        loop.add_reader(socket, self._woken.set)
        try:
            alone = not self._bells
            woken = await self._wait(LINGER if alone else PROBE)
        finally:
            loop.remove_reader(socket)
        if not woken and not alone:
            async with asyncio.timeout(PROBE):
                await connection.execute("")
        return woken or bool(self._bells)

    async def _wait(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True

    def _ring(self, announced: psycopg.Notify) -> None:
        channel = self._heard[announced.channel]
        for topic in {"", *announced.payload.split(",")}:
            _ring_each(self._bells.get((channel, topic), set()))

    def _ring_all(self) -> None:
        for bells in self._bells.values():
            _ring_each(bells)


def _ring_each(bells: set[Bell]) -> None:
    for bell in bells:
        bell.ring()


SCHEMA = "SELECT current_schema()"

_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _Listener] = WeakKeyDictionary()


def _here() -> _Listener:
    return _loops.setdefault(asyncio.get_running_loop(), _Listener())
