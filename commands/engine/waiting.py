"""Commands that wait to be decided: whose turn it is, and who must wait for whom."""

import asyncio
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition, Lock
from typing import Any

from django.conf import settings

from commands.engine.errors import Busy
from commands.engine.outcomes import Outcome, Submission

SPLIT = 16
"""So many that wait are decided as two batches: one is computed while the other is written."""


@dataclass(slots=True, eq=False)
class Waiting:
    """A command, and the future in which its caller finds what came of it.

    `size` is how many commands it is. `modes` are the locks it needs, by stream; its idempotency
    key is one more thing to be held. At the monotonic clock's `until` its time is up; `blocked` is
    why, where there is more to say than that the ledger is busy.
    """

    asked: Submission
    future: "Future[Any] | asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop | None = None
    blocked: Outcome | None = None
    until: float = field(init=False)
    size: int = field(init=False)
    modes: Mapping[str, str] = field(init=False)
    changes: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.size = self.asked.size
        self.until = time.monotonic() + settings.DAYBOOK_COMMAND_DEADLINE
        self.learn()

    def learn(self) -> None:
        """See what it needs, as far as that is known: more, once the facts it asks for are."""
        self.modes = self.asked.locks
        self.changes = tuple(name for name, mode in self.modes.items() if mode == "UPDATE")

    @property
    def late(self) -> Outcome | Exception:
        """What it is told when its time is up."""
        return self.blocked or Busy()


class _Locks:
    """What some commands need: a stream may be read by several, or changed by one batch."""

    def __init__(self) -> None:
        self._all: set[str] = set()
        self._changed: set[str] = set()

    def add(self, waiting: Waiting) -> None:
        self._all.update(waiting.modes)
        self._changed.update(waiting.changes)

    def keep_out(self, waiting: Waiting) -> bool:
        """Whether this one changes what they need, or needs what they change."""
        return not (
            self._all.isdisjoint(waiting.changes) and self._changed.isdisjoint(waiting.modes)
        )


class Queue:
    """First come, first served, stream by stream; safe to use from any thread.

    No stream is in two batches at a time, unless both only read it. What others hold outside of
    this process is set aside with the commands that need it, and keeps nobody else waiting.
    """

    def __init__(self, *, limit: int, batch: int) -> None:
        self._limit, self._batch = limit, batch
        lock = Lock()
        self._turn, self._trouble = Condition(lock), Condition(lock)
        self._waiting: dict[Waiting, None] = {}
        self._passed: dict[Waiting, None] = {}
        """Those of whom it is known that they wait for a batch that is being decided."""
        self._needed_before = _Locks()
        """What those need: nobody behind them gets it first."""
        self._aside: dict[Waiting, None] = {}
        self._held: set[str] = set()
        self._taken: dict[Waiting, _Locks] = {}
        """What each batch that is being decided needs, by its first command."""
        self._commands = 0
        """How many wait or are set aside; those of a group count one by one."""
        self._closed = False

    def put(self, *several: Waiting) -> list[Waiting]:
        """Let these wait; those for which there is no place are given back."""
        with self._turn:
            refused = []
            for each in several:
                full = self._commands and self._commands + each.size > self._limit
                if self._closed or full:
                    refused.append(each)
                    continue
                self._commands += each.size
                aside = not self._held.isdisjoint(each.modes)
                (self._aside if aside else self._waiting)[each] = None
            if self._waiting:
                self._turn.notify()
            return refused

    def take(self) -> list[Waiting]:
        """The next batch, as soon as there is one; empty once the queue is closed and drained."""
        with self._turn:
            while not (batch := self._next()):
                if self._is_drained:
                    return []
                self._turn.wait()
            self._taken[batch[0]] = locks = _Locks()
            for each in batch:
                self._leave(self._waiting, each)
                locks.add(each)
            if self._waiting:
                self._turn.notify()
            return batch

    def done(
        self, batch: Sequence[Waiting], *, aside: Iterable[Waiting] = (), held: Iterable[str] = ()
    ) -> list[Waiting]:
        """This batch is decided but for those set aside, since others hold these streams or keys.

        Those of them whose time is up are given back.
        """
        with self._turn:
            del self._taken[batch[0]]
            self._look_again()
            now = time.monotonic()
            late = [each for each in aside if each.until <= now]
            for each in aside:
                if each.until > now:
                    self._commands += each.size
                    self._aside[each] = None
            if new := set(held) - self._held:
                self._held |= new
                blocked = [each for each in self._waiting if not new.isdisjoint(each.modes)]
                for each in blocked:
                    del self._waiting[each]
                    self._aside[each] = None
            self._wake()
            return late

    def held(self) -> dict[str, str]:
        """What others hold of what is needed, by lock, as soon as there is something.

        Empty once the queue is closed and drained.
        """
        with self._turn:
            while True:
                needed: dict[str, str] = {}
                for each in self._aside:
                    for name in self._held.intersection(each.modes):
                        # Whoever changes it needs more of it than who only reads it.
                        if needed.get(name) != "UPDATE":
                            needed[name] = each.modes[name]
                self._held.intersection_update(needed)
                if needed or self._is_drained:
                    return needed
                self._trouble.wait()

    def free(self, names: Collection[str]) -> list[Waiting]:
        """Others no longer hold these: who waited for them is next.

        Those set aside whose time is up are given back.
        """
        with self._turn:
            now = time.monotonic()
            late = [each for each in self._aside if each.until <= now]
            for each in late:
                self._leave(self._aside, each)
            self._held.difference_update(names)
            next_ = [each for each in self._aside if names and self._held.isdisjoint(each.modes)]
            for each in next_:
                del self._aside[each]
            if next_ or late:
                self._look_again(*next_)
                self._wake()
            return late

    def withdraw(self, waiting: Waiting) -> bool:
        """Take back one that is not being decided yet; whether that was so."""
        with self._turn:
            for place in (self._waiting, self._passed, self._aside):
                if waiting in place:
                    self._leave(place, waiting)
                    if self._closed:
                        self._wake()
                    return True
        return False

    def close(self) -> None:
        """Take nothing more in; what waits is still decided."""
        with self._turn:
            self._closed = True
            self._wake()

    @property
    def _is_drained(self) -> bool:
        return self._closed and not (self._commands or self._taken)

    def _leave(self, place: dict[Waiting, None], waiting: Waiting) -> None:
        del place[waiting]
        self._commands -= waiting.size

    def _wake(self) -> None:
        self._turn.notify_all()
        self._trouble.notify_all()

    def _look_again(self, *first: Waiting) -> None:
        """See anew who is passed over, after these."""
        self._waiting = {**dict.fromkeys(first), **self._passed, **self._waiting}
        self._passed, self._needed_before = {}, _Locks()

    def _next(self) -> list[Waiting]:
        """Those whose turn it is: nobody before them waits for one of their streams."""
        batch, size, passed = list[Waiting](), 0, list[Waiting]()
        before = (self._needed_before, *self._taken.values())
        for each in self._waiting:
            if any(locks.keep_out(each) for locks in before):
                self._needed_before.add(each)
                passed.append(each)
            else:
                batch.append(each)
                size += each.size
                if size >= self._batch:
                    break
        for each in passed:
            del self._waiting[each]
            self._passed[each] = None
        return batch if self._taken or len(batch) < SPLIT else _parted(batch)


def _parted(batch: list[Waiting]) -> list[Waiting]:
    """Half of them, unless most of the others would have to wait until these are decided."""
    half, others = batch[: len(batch) // 2], batch[len(batch) // 2 :]
    needed = _Locks()
    for each in half:
        needed.add(each)
    return batch if sum(map(needed.keep_out, others)) > len(others) / 2 else half
