"""How an accepted request ends, or is put off, other than by being decided."""

import logging
import random
from uuid import UUID

import orjson
from django.db import connection, transaction

from commands.engine import notifications
from commands.engine.announcing import announce
from commands.engine.errors import AlreadyBegun, Cancelled, Failed, Refused
from commands.engine.models import Request
from eventstore.errors import described
from eventstore.pipeline import pipeline

ATTEMPTS = 6
FIRST_PAUSE = 1.0
"""Seconds until a request that failed is tried again; then twice as long each time."""

END = """
UPDATE commands_request SET status = %s, http_status = %s, answer = %s::json, error = %s,
    decided_at = clock_timestamp()
WHERE id IN (SELECT id FROM commands_request
    WHERE id = %s AND status = 'accepted' FOR UPDATE SKIP LOCKED)
RETURNING id"""

POSTPONE = """
UPDATE commands_request SET attempts = attempts + 1, error = %s,
    retry_at = clock_timestamp() + %s * interval '1 second'
WHERE id = %s AND status = 'accepted' AND attempts = %s"""

log = logging.getLogger(__name__)


def cancel(row: Request, *, by: UUID) -> None:
    """End a request that is not begun yet; who asked is told if it was somebody else.

    Raises:
        AlreadyBegun: it is being decided, or was.
    """
    if not _end(row, "refused", Cancelled(), told=by != row.principal):
        row.refresh_from_db(fields=["status"])
        raise AlreadyBegun(was=row.status)


def refuse(row: Request, refusal: Refused) -> None:
    """End a request for a reason that its rule need not be asked for."""
    _end(row, "refused", refusal)


def postpone(row: Request, error: Exception) -> None:
    """Have a request that failed tried again later; one that has failed too often ends."""
    said = described(error)
    log.error("attempt %d of request %s failed", row.attempts + 1, row.id, exc_info=error)
    if row.attempts + 1 >= ATTEMPTS:
        _end(row, "failed", Failed(), error=said)
        return
    pause = FIRST_PAUSE * 2**row.attempts * random.uniform(0.75, 1.25)  # noqa: S311
    with connection.cursor() as cursor:
        cursor.execute(POSTPONE, [said, pause, row.id, row.attempts])


def _end(
    row: Request, status: str, refusal: Refused, *, told: bool = True, error: str | None = None
) -> bool:
    """End a request, and tell those who wait; false when it was not to be had any more."""
    answer = orjson.dumps(refusal.as_answer()).decode()
    with transaction.atomic():
        with pipeline() as execute:
            ended = execute(END, [status, refusal.status, answer, error or row.error, row.id])
        if not ended.fetchall():
            return False
        statements = announce([row.principal])
        if told:
            said = notifications.not_done(row.command, refusal.detail)
            statements += notifications.of(row.principal, status, row.id, said)
        with pipeline() as execute:
            for statement in statements:
                execute(*statement)
    return True
