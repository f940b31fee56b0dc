"""Deciding a list of commands however the database fares: locks, conflicts, lost connections."""

import logging
import random
import time
from collections.abc import Sequence
from contextlib import suppress

import psycopg
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection
from django.db import transaction as transactions

from commands.engine.decider import Touches
from commands.engine.errors import Busy, HeldElsewhere, OutcomeUnknown
from commands.engine.models import Request
from commands.engine.outcomes import Outcome, Submission
from commands.engine.run import Patience, Written, run, write_all
from eventstore import contention
from eventstore.store import StoreBusy

ATTEMPTS = 3
PATIENCE = Patience(heads=50, rest=2_000)
"""What is waited for a lock: a head that is held for longer is set aside with its commands."""

LOST = (OperationalError, InterfaceError)
ASK_AGAIN = 0.05
"""Seconds between two questions of how a lost transaction ended, or whether a head is free now."""

Result = Outcome | Exception

log = logging.getLogger(__name__)


def decide(asked: Sequence[Submission]) -> list[Outcome]:
    """Decide a list in one transaction, anew when another transaction got in its way.

    Joins an open `atomic()`, and then is `run`.

    Raises:
        Busy: that happened three times; nothing was done.
        HeldElsewhere: others hold heads for longer than `PATIENCE`; nothing was done.
        OutcomeUnknown: the connection was lost in COMMIT, and what became of it cannot be learned.
    """
    if connection.in_atomic_block:
        return run(asked)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _attempt(asked)
        except (OperationalError, InterfaceError, IntegrityError, StoreBusy) as error:
            if not _passing(error):
                raise
            if isinstance(error, StoreBusy):
                _blame(asked, error, last=attempt == ATTEMPTS)
            if attempt == ATTEMPTS:
                log.warning("given up after %d attempts", ATTEMPTS, exc_info=error)
                raise (error if _lost(error) else Busy()) from error
            time.sleep(random.uniform(0.005, 0.02) * attempt)  # noqa: S311
    raise AssertionError("unreachable")


def settle(asked: Sequence[Submission]) -> list[Result]:
    """What comes of each of a list; an exception for each of which nothing came.

    One that fails in the database or in its rule costs the others nothing: the list is decided in
    halves until that one stands alone.
    """
    try:
        return list(decide(asked))
    except HeldElsewhere as error:
        free = [each for each in asked if error.held.isdisjoint(each.touches.modes)]
        results = iter(settle(free) if free else [])
        return [
            next(results) if error.held.isdisjoint(each.touches.modes) else error for each in asked
        ]
    except OutcomeUnknown:
        return [OutcomeUnknown(request=str(each.id)) for each in asked]
    except Busy as error:
        # A row that is there already may be one command's own doing, each time it is tried.
        if len(asked) > 1 and isinstance(error.__cause__, IntegrityError):
            return _halved(asked)
        return [Busy() for _ in asked]
    except Exception as error:
        if len(asked) == 1 or (isinstance(error, LOST) and not _cancelled(error)):
            return [error for _ in asked]
        return _halved(asked)


def _halved(asked: Sequence[Submission]) -> list[Result]:
    middle = len(asked) // 2
    return [*settle(asked[:middle]), *settle(asked[middle:])]


def insist(asked: Sequence[Submission]) -> list[Result]:
    """`settle`, for a caller of its own who waits for what others hold until the deadline."""
    if connection.in_atomic_block:
        return list(run(asked))
    deadline = time.monotonic() + settings.DAYBOOK_COMMAND_DEADLINE
    results = settle(asked)
    while (held := [n for n, each in enumerate(results) if _is_held(each)]) and (
        time.monotonic() < deadline
    ):
        time.sleep(ASK_AGAIN)
        for n, result in zip(held, settle([asked[n] for n in held]), strict=True):
            results[n] = result
    return [Busy() if isinstance(each, HeldElsewhere) else each for each in results]


def _is_held(result: Result) -> bool:
    """Whether others hold a head or a key that it needs, so that nothing came of it yet."""
    if isinstance(result, Outcome):
        return result.is_in_progress
    return isinstance(result, HeldElsewhere)


def _attempt(asked: Sequence[Submission]) -> list[Outcome]:
    """One transaction; an error means that it surely did nothing.

    Raises:
        OutcomeUnknown: the connection was lost in COMMIT, and the database does not answer.
    """
    written = None
    try:
        with transactions.atomic():
            written = write_all(asked, PATIENCE)
    except LOST as error:
        if written is None or not _lost(error) or not _was_committed(written, asked):
            raise
    return written.outcomes


def _was_committed(written: Written, asked: Sequence[Submission]) -> bool:
    """What became of a transaction whose COMMIT nobody answered: its requests are there or not."""
    deadline = time.monotonic() + settings.DAYBOOK_COMMAND_DEADLINE
    while True:
        with suppress(Exception):  # Whatever it is, it does not tell that nothing was done.
            connection.close()
            if not _is_running(written.transaction):
                return Request.objects.filter(id__in=[each.id for each in asked]).exists()
        if time.monotonic() > deadline:
            raise OutcomeUnknown(request=str(asked[0].id))
        time.sleep(ASK_AGAIN)


def _is_running(transaction: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_xact_status(%s::xid8) = 'in progress'", [transaction])
        return bool(cursor.fetchone()[0])


def _blame(asked: Sequence[Submission], error: StoreBusy, *, last: bool) -> None:
    """Find out which heads were not to be had.

    Others may hold one in turns, so that it is free at every look: at last all are to blame, and
    each command has until its deadline.

    Raises:
        HeldElsewhere: if there are such.
    """
    touches = Touches.all_of([each.touches for each in asked])
    held = contention.held(touches.modes, insert=touches.inserts)
    if held or last:
        raise HeldElsewhere(held or set(touches.modes)) from error


def _passing(error: Exception) -> bool:
    """Whether it may go better: a deadlock, a conflict, a lock not to be had, a lost connection."""
    state = _state(error)
    known = state in {"40001", "40P01", "23505", "55P03"}
    return isinstance(error, StoreBusy) or known or _lost(error)


def _lost(error: Exception) -> bool:
    """Whether the connection is gone, so that what was being sent may have arrived or not."""
    if not isinstance(error, LOST) or _cancelled(error):
        return False
    state = _state(error)
    return not state or state.startswith(("08", "57P"))


def _cancelled(error: Exception) -> bool:
    """Whether a statement took too long, or somebody ended it."""
    return isinstance(error.__cause__, psycopg.errors.QueryCanceled)


def _state(error: Exception) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""
