"""One at a time makes a read table, and others see that somebody does."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from django.db import Error, connection

BEGIN = """
SELECT pg_try_advisory_lock(
    hashtextextended('daybook.rebuild ' || current_schema() || ' ' || %s, 0))"""
END = """
SELECT pg_advisory_unlock(
    hashtextextended('daybook.rebuild ' || current_schema() || ' ' || %s, 0))"""

# Half of the key is in each of two columns.
HELD = """
SELECT name FROM unnest(%s::text[]) AS name, pg_locks
WHERE locktype = 'advisory' AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (classid::bigint << 32) | objid::bigint
        = hashtextextended('daybook.rebuild ' || current_schema() || ' ' || name, 0)"""


def under_way(names: Iterable[str]) -> set[str]:
    """Those of these tables that somebody makes now."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [list(names)])
        return {name for (name,) in cursor.fetchall()}


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Be the one who makes this table, until the block or the session ends; false if one does."""
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, [name])
        (ours,) = cursor.fetchone()
        try:
            yield ours
        finally:
            if ours and not connection.needs_rollback:
                with suppress(Error):  # The lock ends with the session as well.
                    cursor.execute(END, [name])
