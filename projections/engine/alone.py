"""One at a time makes a read table."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import Error, connection

BEGIN = """
SELECT pg_try_advisory_lock(
    hashtextextended('daybook.rebuild ' || current_schema() || ' ' || %s, 0))"""
END = """
SELECT pg_advisory_unlock(
    hashtextextended('daybook.rebuild ' || current_schema() || ' ' || %s, 0))"""


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
