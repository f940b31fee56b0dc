"""Looking things up for many who ask on an event loop at once: one query, one hop into a thread."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from eventstore.threads import hop

K = TypeVar("K")
V = TypeVar("V")


class Together(Generic[K, V]):
    """Look-ups by key: while one is under way, the next are collected.

    `find_all` gives what there is for each of the keys, of which it gets `most` at once; what it
    raises, all of these are told.
    """

    def __init__(
        self, find_all: Callable[[Sequence[K]], Mapping[K, V]], *, most: int | None = None
    ) -> None:
        self._find_all, self._most = find_all, most
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _Asking[K, V]] = (
            WeakKeyDictionary()
        )

    async def found(self, key: K) -> V:
        """What there is for this key, as it is found after this was called."""
        loop = asyncio.get_running_loop()
        asking = self._loops.get(loop)
        if asking is None:
            asking = self._loops[loop] = _Asking(self._find_all, self._most)
        return await asking.found(key)


class _Asking(Generic[K, V]):
    """The look-ups of one event loop."""

    def __init__(self, find_all: Callable[[Sequence[K]], Mapping[K, V]], most: int | None) -> None:
        self._find_all, self._most = find_all, most
        self._next: dict[K, asyncio.Future[V]] = {}
        self._at_work: asyncio.Task[None] | None = None

    async def found(self, key: K) -> V:
        loop = asyncio.get_running_loop()
        future = self._next.get(key)
        if future is None:
            future = self._next[key] = loop.create_future()
        if self._at_work is None:
            self._at_work = loop.create_task(self._work())
        return await asyncio.shield(future)

    async def _work(self) -> None:
        try:
            while self._next:
                asked = {key: self._next.pop(key) for key in list(self._next)[: self._most]}
                try:
                    found = await hop(self._find_all, list(asked))
                except Exception as error:
                    for future in asked.values():
                        future.set_exception(error)
                else:
                    for key, future in asked.items():
                        future.set_result(found[key])
        finally:
            self._at_work = None
