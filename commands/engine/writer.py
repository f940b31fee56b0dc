"""The writer: concurrent commands of a process are decided together, in few transactions.

A ledger's cost is round trips and commits, so what waits is decided as one batch. A command that
comes alone is decided at once: nothing waits for company. Two threads decide, so that one batch is
computed while the other is being committed; a third looks after streams that others hold.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from threading import Lock, Thread
from typing import Any

from django.conf import settings
from django.db import connection

from commands.engine.deciding import Result, settle
from commands.engine.errors import HeldElsewhere, InProgress
from commands.engine.outcomes import Outcome, Submission
from commands.engine.run import MAX_BATCH
from commands.engine.waiting import Queue, Waiting, held_key
from eventstore import heads

THREADS = 2
LOOK = 200
"""Milliseconds for which heads that others hold are waited for before the next look."""
PAUSE = 0.05
"""Seconds until a key that another process decides is tried again, or a database that failed."""

log = logging.getLogger(__name__)


class Writer:
    """Threads that decide what is asked, until it is closed."""

    def __init__(self) -> None:
        self._queue = Queue(limit=settings.DAYBOOK_QUEUE_LIMIT, batch=MAX_BATCH)
        self._asking: defaultdict[asyncio.AbstractEventLoop, list[Waiting]] = defaultdict(list)
        self._threads = [
            Thread(target=_steadily, args=[work], name=f"daybook-writer-{n}", daemon=True)
            for n, work in enumerate([*[self._decide] * THREADS, self._look_out])
        ]
        for thread in self._threads:
            thread.start()

    def ask(self, *several: Waiting) -> None:
        """Have these decided; those for which there is no place are told at once."""
        _tell([(each, each.late) for each in self._queue.put(*several)])

    def ask_soon(self, waiting: Waiting, loop: asyncio.AbstractEventLoop) -> None:
        """Have this decided with all else that its loop asks for in this turn."""
        asking = self._asking[loop]
        if not asking:
            loop.call_soon(lambda: self.ask(*self._asking.pop(loop)))
        asking.append(waiting)

    def give_up(self, waiting: Waiting) -> None:
        """Its time is up: it is told so, unless it is just being decided."""
        if self._queue.withdraw(waiting):
            _tell([(waiting, waiting.late)])

    def close(self) -> None:
        """Decide what waits, take nothing more in, and end the threads."""
        self._queue.close()
        for thread in self._threads:
            thread.join()

    def _decide(self) -> bool:
        """Take one batch and tell each what came of it; false when there will be no more."""
        batch = self._queue.take()
        if not batch:
            return False
        results = settle([each.asked for each in batch])
        answers, aside, held = [], [], set[str]()
        for each, result in zip(batch, results, strict=True):
            if names := _held(each, result):
                aside.append(each)
                held |= names
            else:
                answers.append((each, result))
        late = self._queue.done(batch, aside=aside, held=held)
        _tell([*answers, *((each, each.late) for each in late)])
        return True

    def _look_out(self) -> bool:
        """See which streams are no longer held by others; false when none will be."""
        held = self._queue.held()
        streams = {name: mode for name, mode in held.items() if not name.startswith("\0")}
        if len(streams) < len(held):
            time.sleep(PAUSE)
        still = heads.held(streams, insert=streams, patience=LOOK) if streams else set()
        self._queue.free(held.keys() - still)
        return bool(held)


def _held(waiting: Waiting, result: Result) -> set[str]:
    """What others hold that this command needs, if that is why it came to nothing."""
    if isinstance(result, HeldElsewhere):
        return set(result.held & waiting.modes.keys())
    if isinstance(result, Outcome) and result.answer.get("code") == InProgress.code:
        waiting.blocked = result
        return {held_key(*each) for each in waiting.asked.keys}
    return set()


def _steadily(work: Callable[[], bool]) -> None:
    """Work until there is no more, whatever fails."""
    going = True
    while going:
        try:
            going = work()
        except Exception:
            log.exception("the writer failed, and goes on")
            connection.close()
            time.sleep(PAUSE)
    connection.close()


def _tell(results: Iterable[tuple[Waiting, Result]]) -> None:
    """Tell callers; those of an event loop all at once."""
    loops = defaultdict(list)
    for waiting, result in results:
        loops[waiting.loop].append((waiting.future, result))
    for loop, settled in loops.items():
        if loop is None:
            _settle(settled)
        else:
            with suppress(RuntimeError):  # The loop is closed: nobody waits there any more.
                loop.call_soon_threadsafe(_settle, settled)


def _settle(settled: Iterable[tuple["Future[Any] | asyncio.Future[Any]", Result]]) -> None:
    for future, result in settled:
        if not future.done():
            future.set_result(result)


# --- the writer of this process --------------------------------------------------------------

_writer: Writer | None = None
_lock = Lock()


def start() -> Writer:
    """The writer of this process, which begins to work unless it does already."""
    global _writer
    with _lock:
        _writer = _writer or Writer()
        return _writer


def stop() -> None:
    """Let the writer decide what waits, and end."""
    global _writer
    with _lock:
        ending, _writer = _writer, None
    if ending:
        ending.close()


def is_running() -> bool:
    """Whether commands are decided by a writer in this process."""
    return _writer is not None


def decided(asked: Submission) -> Outcome:
    """What the writer made of a request, for a thread that waits.

    Raises:
        Busy: there was no place for it, or its time was up; nothing was done.
        OutcomeUnknown: the database did not say what came of it.
    """
    writer, future = start(), Future[Result]()
    waiting = Waiting(asked, future)
    writer.ask(waiting)
    try:
        result = future.result(settings.DAYBOOK_COMMAND_DEADLINE)
    except TimeoutError:
        writer.give_up(waiting)
        result = future.result()
    return _outcome(result)


async def adispatch(asked: Submission) -> Outcome:
    """What the writer made of a request, awaited: a caller who hangs up does not stop it.

    Raises:
        Busy: there was no place for it, or its time was up; nothing was done.
        OutcomeUnknown: the database did not say what came of it.
    """
    writer, loop = start(), asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()
    waiting = Waiting(asked, future, loop)
    timer = loop.call_later(settings.DAYBOOK_COMMAND_DEADLINE, writer.give_up, waiting)
    writer.ask_soon(waiting, loop)
    result = await future  # Of a caller who goes away, the command keeps its deadline.
    timer.cancel()
    return _outcome(result)


def _outcome(result: Result) -> Outcome:
    if isinstance(result, Exception):
        raise result
    return result
