"""When something is to be done with streams by itself: their heads know, and say which it is."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection

from eventstore.columns import BigInts, Texts
from eventstore.pipeline import pipeline

DUE = """
SELECT name FROM eventstore_stream
WHERE due_at <= statement_timestamp() AND name <> ALL(%s)
ORDER BY due_at LIMIT %s"""

# What others are changing just now gets its time from them.
PUT_OFF = """
UPDATE eventstore_stream AS head SET due_at = later.due
FROM (SELECT name, due FROM eventstore_stream
      JOIN (SELECT unnest(%s) AS name, unnest(%s) AS at, unnest(%s)::timestamptz AS due) AS found
          USING (name)
      WHERE version = at FOR UPDATE OF eventstore_stream SKIP LOCKED) AS later
WHERE head.name = later.name"""


def due(limit: int, but: Iterable[str] = ()) -> list[str]:
    """The streams with which something was to be done by now, the longest overdue first.

    All but those that are named.
    """
    with connection.cursor() as cursor:
        cursor.execute(DUE, [list(but), limit])
        return [name for (name,) in cursor.fetchall()]


def put_off(times: Mapping[str, tuple[int, datetime | None]]) -> None:
    """Have streams due at other times, or never, where they still are at this version."""
    versions, due = zip(*times.values(), strict=True)
    texts = Texts(each.isoformat() if each else None for each in due)
    with pipeline() as execute:
        execute(PUT_OFF, [Texts(times), BigInts(versions), texts])
