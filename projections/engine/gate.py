"""The gate that each append passes before it changes read tables, and that a swap closes.

While it is closed no append is under way, and those that come wait in front of it, without the
position lock and without any read table. So the log's end stands still, and no deadlock is
possible with those who write.
"""

from django.db import connection

from eventstore.pipeline import Execute

LOCK_TIMEOUT = "100ms"
"""How long who closes it may wait for others: as long wait all who come behind."""
# An append is as patient here as with the position lock, which all who write take in turn as well.
ENTER = """
SELECT set_config('daybook.lock_timeout', current_setting('lock_timeout'), true),
    set_config('lock_timeout', coalesce(nullif(current_setting('daybook.patience', true), ''),
        current_setting('lock_timeout')), true),
    pg_advisory_xact_lock{shared}(
        hashtextextended('daybook.read_tables ' || current_schema(), 0)),
    set_config('lock_timeout', current_setting('daybook.lock_timeout'), true)"""
CLOSE = """
SELECT pg_advisory_xact_lock(hashtextextended('daybook.read_tables ' || current_schema(), 0))"""


def send_pass(execute: Execute, *, alone: bool) -> None:
    """Send the statement by which an append passes, beside others or, until it ends, alone."""
    execute(ENTER.format(shared="" if alone else "_shared"))


def close() -> None:
    """Close it until the transaction ends; appends that are under way are waited for."""
    with connection.cursor() as cursor:
        cursor.execute(CLOSE)
