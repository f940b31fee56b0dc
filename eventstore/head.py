"""The log's head, to be kept outside of the database: what only it can show later.

A seal covers all that was recorded up to it. Who holds one therefore holds the whole log to it,
even against somebody who cuts off its end, or makes all digests and seals anew.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from eventstore.errors import EventStoreError
from eventstore.records import timestamp
from eventstore.verification import Finding

FORMAT = 1
SEAL = re.compile("[0-9a-f]{64}")

CURRENT = """
SELECT (SELECT coalesce(max(number), 1) FROM eventstore_epoch), position, seal, recorded_at
FROM (SELECT) AS always LEFT JOIN (
    SELECT position, seal, recorded_at FROM eventstore_event ORDER BY position DESC LIMIT 1
) AS last ON true"""

THERE = "SELECT seal FROM eventstore_event WHERE position = %s"


class NoHead(EventStoreError):
    """The text is no head that was exported; the message says why."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last event's position, seal (hexadecimal) and time; 0, "" and None in an empty log."""

    epoch: int
    position: int
    seal: str
    recorded_at: str | None

    def text(self) -> str:
        """The head as JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)})

    def write(self, file: Path) -> None:
        """Write it, all or nothing: whoever reads the file meanwhile finds the one before.

        Raises:
            OSError: it cannot be written.
        """
        fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
        with fresh.open("w") as opened:
            opened.write(self.text() + "\n")
            opened.flush()
            os.fsync(opened.fileno())
        fresh.replace(file)


def current() -> Head:
    """The head of the log as it is now."""
    with connection.cursor() as cursor:
        cursor.execute(CURRENT)
        epoch, position, seal, recorded_at = cursor.fetchall()[0]
    time = None if recorded_at is None else timestamp(recorded_at)
    return Head(epoch, position or 0, bytes(seal or b"").hex(), time)


def schema() -> str:
    """The schema of the book, after which the files that keep its heads are named."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        ((name,),) = cursor.fetchall()
    return str(name)


def parse(text: str) -> Head:
    """A head from its JSON.

    Raises:
        NoHead: it is none.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise NoHead("it is not JSON") from error
    if not isinstance(found, dict) or not found.keys() >= {"epoch", "position", "seal"}:
        raise NoHead("it has no epoch, position and seal")
    if found.get("format", FORMAT) != FORMAT:
        raise NoHead(f"its format is {found['format']!r}; {FORMAT} is known here")
    epoch, position, seal = (found[name] for name in ("epoch", "position", "seal"))
    if not (_counts(epoch, 1) and _counts(position, 0)):
        raise NoHead("its epoch or its position is no number of one")
    if not isinstance(seal, str) or not (SEAL.fullmatch(seal) if position else seal == ""):
        raise NoHead("its seal is not 64 hexadecimal digits")
    return Head(epoch, position, seal, found.get("recorded_at"))


def _counts(value: Any, least: int) -> bool:
    return type(value) is int and least <= value < 2**63


def lost(known: Head) -> Iterator[Finding]:
    """What shows that the log no longer is the one whose head this was."""
    now, where = current(), f"position {known.position}"
    if known.epoch > now.epoch:
        yield Finding(
            f"epoch {known.epoch}",
            f"the log is back in epoch {now.epoch}: an earlier database stands in its place",
        )
    if not known.position:
        return
    since = "" if known.epoch >= now.epoch else f"; it was restored since, to epoch {now.epoch}"
    if known.position > now.position:
        yield Finding(where, f"the log ends at {now.position}: its tail was cut off{since}")
    elif not has(known):
        yield Finding(where, f"another seal stands there: the log was made anew{since}")


def has(known: Head) -> bool:
    """Whether the log has this head's seal at its position."""
    with connection.cursor() as cursor:
        cursor.execute(THERE, [known.position])
        row = cursor.fetchone()
    return row is not None and bytes(row[0] or b"").hex() == known.seal
