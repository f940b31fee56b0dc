"""The writer: concurrent commands of a process are decided together, in few transactions.

A ledger's cost is round trips and commits, so what waits is decided as one batch. A command that
comes alone is decided at once: nothing waits for company. Two threads decide, so that one batch is
computed while the other is being committed; a third looks after streams that others hold.
"""

import asyncio
import logging
import random
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
from commands.engine.errors import HeldElsewhere, OutcomeUnknown
from commands.engine.outcomes import Outcome, Submission, held_key
from commands.engine.run import MAX_BATCH
from commands.engine.waiting import Queue, Waiting
from eventstore import contention

THREADS = 2
LOOK = 100
"""Milliseconds for which a head that others hold is waited for before all are looked at again."""
PAUSE = 0.05
"""Seconds until a key that another process decides is tried again, or a database that failed."""
GRACE = 2.0
"""Seconds beyond its deadline in which what is being decided may still be answered."""

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

    def give_up(self, waiting: Waiting) -> bool:
        """Its time is up: it is told so, unless it is just being decided; whether that is so."""
        if not self._queue.withdraw(waiting):
            return False
        _tell([(waiting, waiting.late)])
        return True

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
        late: list[Waiting] = []
        aside: dict[Waiting, set[str]] = {}
        try:
            results = list(zip(batch, settle([each.asked for each in batch]), strict=True))
            aside = {each: names for each, result in results if (names := _held(each, result))}
        except Exception as error:
            log.exception("a batch came to nothing")
            results = [(each, error) for each in batch]
        finally:
            late = self._queue.done(batch, aside=aside, held=set[str]().union(*aside.values()))
        _tell([pair for pair in results if pair[0] not in aside])
        _tell([(each, each.late) for each in late])
        return True

    def _look_out(self) -> bool:
        """See which streams are no longer held by others; false when none will be."""
        held = self._queue.held()
        streams = {name: mode for name, mode in held.items() if not name.startswith("\0")}
        still = contention.held(streams, insert=streams) if streams else set[str]()
        if not streams:
            time.sleep(PAUSE)
        elif len(still) == len(streams):
            # One is waited for, by lot, so that what others hold in turns is had in turn.
            one = random.choice(sorted(still))  # noqa: S311
            if contention.is_free(one, streams[one], patience=LOOK):
                still.remove(one)
            else:
                time.sleep(PAUSE)
        _tell([(each, each.late) for each in self._queue.free(held.keys() - still)])
        return bool(held)


def _held(waiting: Waiting, result: Result) -> set[str]:
    """What others hold that this command needs, if that is why it came to nothing."""
    waiting.blocked = None
    if isinstance(result, HeldElsewhere):
        waiting.learn()
        return set(result.held & waiting.modes.keys())
    if isinstance(result, Outcome) and result.is_in_progress:
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
        return _outcome(future.result(settings.DAYBOOK_COMMAND_DEADLINE))
    except TimeoutError:
        writer.give_up(waiting)
    try:
        return _outcome(future.result(GRACE))
    except TimeoutError:
        raise OutcomeUnknown(request=str(asked.id)) from None


async def adispatch(asked: Submission) -> Outcome:
    """What the writer made of a request, awaited: a caller who hangs up does not stop it.

    Raises:
        Busy: there was no place for it, or its time was up; nothing was done.
        OutcomeUnknown: the database did not say what came of it.
    """
    writer, loop = start(), asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()
    waiting = Waiting(asked, future, loop)

    def give_up() -> None:
        if not writer.give_up(waiting):
            unknown = OutcomeUnknown(request=str(asked.id))
            loop.call_later(GRACE, _settle, [(future, unknown)])

    timer = loop.call_later(settings.DAYBOOK_COMMAND_DEADLINE, give_up)
    writer.ask_soon(waiting, loop)
    result = await future  # Of a caller who goes away, the command keeps its deadline.
    timer.cancel()
    return _outcome(result)


def _outcome(result: Result) -> Outcome:
    if isinstance(result, Exception):
        raise result
    return result
