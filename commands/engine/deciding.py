"""Deciding a list of commands however the database fares: locks, conflicts, lost connections."""

import logging
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import compress, takewhile

import psycopg
from django.conf import settings
from django.db import IntegrityError, connection
from django.db import transaction as transactions

from commands.engine.decider import Touches
from commands.engine.errors import Busy, HeldElsewhere, OutcomeUnknown
from commands.engine.models import Request
from commands.engine.outcomes import Outcome, Submission, held_key
from commands.engine.run import Patience, Written, run, write_all
from eventstore import contention
from eventstore.failures import UNANSWERED, is_lost, state
from eventstore.store import StoreBusy

ATTEMPTS = 3
PATIENCE = Patience(rows=50, position=2_000)
"""What is waited for a lock: a row that is held for longer is set aside with its commands."""

ASK_AGAIN = 0.05
"""Seconds between two questions of how a lost transaction ended, or whether a row is free now."""

Result = Outcome | Exception

log = logging.getLogger(__name__)


def decide(
    asked: Sequence[Submission], *, whole: bool = False, first: Callable[[], None] | None = None
) -> list[Outcome]:
    """Decide a list in one transaction, anew when another transaction got in its way.

    What is to be done `first` in it is done in each.

    Joins an open `atomic()`, and then is `run`.

    Raises:
        Busy: that happened three times; nothing was done.
        HeldElsewhere: others hold rows for longer than `PATIENCE` or, of a list that is to be
            decided as a `whole`, a key; nothing was done.
        OutcomeUnknown: the connection was lost in COMMIT, and what became of it cannot be learned.
    """
    if connection.in_atomic_block:
        if first:
            first()
        return run(asked)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _attempt(asked, whole, first)
        except (*UNANSWERED, IntegrityError, StoreBusy) as error:
            if not _passing(error):
                raise
            if isinstance(error, StoreBusy):
                _blame(asked, error, last=attempt == ATTEMPTS)
            if attempt == ATTEMPTS:
                log.warning("given up after %d attempts", ATTEMPTS, exc_info=error)
                if is_lost(error):
                    raise
                raise Busy from error
            time.sleep(random.uniform(0.005, 0.02) * attempt)  # noqa: S311
    raise AssertionError("unreachable")


def settle(asked: Sequence[Submission], *, whole: bool = False) -> list[Result]:
    """What comes of each of a list; an exception for each of which nothing came.

    One that fails in the database or in its rule costs the others nothing: the list is decided in
    halves until that one stands alone. Those that need what others hold come to nothing; so do,
    of a list that is to be decided as a `whole`, all the others then.
    """
    try:
        return list(decide(asked, whole=whole))
    except HeldElsewhere as error:
        return [error for _ in asked] if whole else _apart(asked, error)
    except OutcomeUnknown:
        return [OutcomeUnknown(request=str(each.id)) for each in asked]
    except Busy as error:
        # A row that is there already may be one command's own doing, each time it is tried.
        if len(asked) > 1 and isinstance(error.__cause__, IntegrityError):
            return _halved(asked, whole)
        return [Busy() for _ in asked]
    except Exception as error:
        if len(asked) == 1 or (isinstance(error, UNANSWERED) and not _cancelled(error)):
            return [error for _ in asked]
        return _halved(asked, whole)


def _apart(asked: Sequence[Submission], error: HeldElsewhere) -> list[Result]:
    """What comes of those that need nothing of what is held."""
    # Asked just once: what is decided may learn meanwhile that it touches more.
    are_free = [error.held.isdisjoint(each.touches.modes) for each in asked]
    results = iter(settle([*compress(asked, are_free)]) if any(are_free) else [])
    return [next(results) if is_free else error for is_free in are_free]


def _halved(asked: Sequence[Submission], whole: bool) -> list[Result]:
    middle = len(asked) // 2
    first = settle(asked[:middle], whole=whole)
    if whole and (held := next(filter(_is_held, first), None)):
        return [*first, *([held] * (len(asked) - middle))]  # Nothing overtakes what is held.
    return [*first, *settle(asked[middle:], whole=whole)]


def insist(asked: Sequence[Submission]) -> list[Result]:
    """`settle` for a caller of its own: what others hold is waited for until the deadline.

    Nothing is kept locked meanwhile, and no command overtakes one before it.
    """
    if connection.in_atomic_block:
        return list(run(asked))
    deadline, results = time.monotonic() + settings.DAYBOOK_COMMAND_DEADLINE, list[Result]()
    while True:
        rest = asked[len(results) :]
        found = settle(rest, whole=len(rest) > 1)
        results += takewhile(lambda each: not _is_held(each), found)
        if len(results) == len(asked):
            return results
        if time.monotonic() > deadline:
            held = found[len(results) - len(asked) :]
            return [*results, *(Busy() if isinstance(e, HeldElsewhere) else e for e in held)]
        time.sleep(ASK_AGAIN)


def _is_held(result: Result) -> bool:
    """Whether others hold a row or a key that it needs, so that nothing came of it yet."""
    if isinstance(result, Outcome):
        return result.is_in_progress
    return isinstance(result, HeldElsewhere)


def _attempt(
    asked: Sequence[Submission], whole: bool, first: Callable[[], None] | None
) -> list[Outcome]:
    """One transaction; an error means that it surely did nothing.

    Raises:
        HeldElsewhere: it is to be decided as a `whole`, and another transaction has a key of it.
        OutcomeUnknown: the connection was lost in COMMIT, and the database does not answer.
    """
    written = None
    try:
        with transactions.atomic():
            if first:
                first()
            written = write_all(asked, PATIENCE)
            if whole and any(map(_is_held, written.outcomes)):
                raise HeldElsewhere(_keys(asked, written.outcomes))
    except UNANSWERED as error:
        if written is None or not is_lost(error) or not _was_committed(written, asked):
            raise
    return written.outcomes


def _keys(asked: Sequence[Submission], outcomes: Sequence[Outcome]) -> set[str]:
    """The keys of those that cannot be decided while others decide requests with one of them."""
    held = [each for each, outcome in zip(asked, outcomes, strict=True) if _is_held(outcome)]
    return {held_key(*key) for each in held for key in each.keys}


def _was_committed(written: Written, asked: Sequence[Submission]) -> bool:
    """What became of a transaction whose COMMIT nobody answered: its requests are there or not."""
    deadline = time.monotonic() + settings.DAYBOOK_COMMAND_DEADLINE
    while True:
        with suppress(Exception):  # Whatever it is, it does not tell that nothing was done.
            connection.close()
            if not _is_running(written.transaction):
                there = Request.objects.filter(id__in=[each.id for each in asked])
                if any(each.queued for each in asked):
                    there = there.exclude(status="accepted")
                return there.exists()
        if time.monotonic() > deadline:
            raise OutcomeUnknown(request=str(asked[0].id))
        time.sleep(ASK_AGAIN)


def _is_running(transaction: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_xact_status(%s::xid8) = 'in progress'", [transaction])
        return bool(cursor.fetchone()[0])


def _blame(asked: Sequence[Submission], error: StoreBusy, *, last: bool) -> None:
    """Find out of which streams others hold what was not to be had.

    They may hold it in turns, so that it is free at every look: at last all are to blame, and each
    command has until its deadline.

    Raises:
        HeldElsewhere: if there are such.
    """
    touches = Touches.all_of([each.touches for each in asked])
    held = contention.held(touches.modes, insert=touches.creates)
    if held or (last and touches.modes):
        raise HeldElsewhere(held or set(touches.modes)) from error


def _passing(error: Exception) -> bool:
    """Whether it may go better: a deadlock, a conflict, a lock not to be had, a lost connection."""
    known = state(error) in {"40001", "40P01", "23505", "55P03"}
    return isinstance(error, StoreBusy) or known or is_lost(error)


def _cancelled(error: Exception) -> bool:
    """Whether a statement took too long, or somebody ended it."""
    return isinstance(error.__cause__, psycopg.errors.QueryCanceled)
