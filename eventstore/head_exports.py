"""Heads of the log in a folder outside of the database, a file each, as time goes by.

A file is named after the book's schema, the time and the position of its last event; nothing is
written while the log stands still, nor is a file ever written over.
"""

import logging
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from time import monotonic

from django.conf import settings
from django.db import connection

from eventstore import head
from eventstore.appending import advance, forget
from eventstore.errors import CheckpointConflict
from eventstore.reading import checkpoint, latest_position

CONSUMER = "exported head"
RETRY = 60.0
"""Seconds after which a head that could not be written is tried again, at the latest."""

AGE = """
SELECT greatest(extract(epoch FROM clock_timestamp() - recorded_at), 0)::float
FROM eventstore_event WHERE position = %s"""

log = logging.getLogger(__name__)


class Exports:
    """The export that a worker keeps up, beside what else it does."""

    def __init__(self) -> None:
        self._due = monotonic()

    def when_due(self) -> None:
        """Export the head if its time has come; what fails is logged, and tried again."""
        if not settings.DAYBOOK_HEADS_FOLDER or monotonic() < self._due:
            return
        pause = settings.DAYBOOK_HEADS_EVERY
        try:
            export(Path(settings.DAYBOOK_HEADS_FOLDER))
        except (OSError, head.NoHead) as error:
            log.error("The log's head is not exported: %s", error)
            pause = min(pause, RETRY)
        self._due = monotonic() + pause


def export(folder: Path) -> None:
    """Write the head into the folder, and remember how far the log is exported.

    Raises:
        OSError: there is no such folder (one that is not mounted is not made), or no room in it.
        NoHead: the last event has no seal, as no event that the store appended.
    """
    now = head.current()
    if now.recorded_at is None:
        return
    if not now.seal:
        raise head.NoHead(f"position {now.position} is the last, and has no seal: run verify")
    file = folder / f"{head.schema()}.{_stamp(now.recorded_at)}.{now.position}.json"
    if not file.exists():
        now.write(file)
    if _is_of_a_lost_log():
        forget(CONSUMER)
    with suppress(CheckpointConflict):  # Another worker was faster.
        advance(CONSUMER, now.position)


def unexported_seconds() -> float:
    """How long the first event has been recorded that no exported head covers; 0 without one."""
    exported = 0 if _is_of_a_lost_log() else checkpoint(CONSUMER) or 0
    with connection.cursor() as cursor:
        cursor.execute(AGE, [exported + 1])
        row = cursor.fetchone()
    return row[0] if row else 0.0


def _is_of_a_lost_log() -> bool:
    """Whether more was exported than the log has, since it was restored."""
    return (checkpoint(CONSUMER) or 0) > latest_position()


def _stamp(time: str) -> str:
    return f"{datetime.fromisoformat(time):%Y%m%dT%H%M%S.%fZ}"
