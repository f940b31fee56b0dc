"""Which position of the log a time is: once it was told, it stays the same."""

from datetime import datetime, timedelta

from django.db import connection

from eventstore.appending import LAST
from eventstore.heads import busy_when_locked
from eventstore.reading import position_before

PATIENCE = "2s"
"""How long a read waits for appends in flight."""

PLACE = f"""
SELECT %(time)s > clock_timestamp() AND %(time)s >= coalesce(recorded_at, '-infinity'),
       %(time)s > coalesce(recorded_at, '-infinity')
FROM (SELECT {LAST.format("recorded_at")} AS recorded_at) AS last"""
PASS = f"""
SELECT set_config('lock_timeout', '{PATIENCE}', true),
       pg_advisory_xact_lock_shared(
           hashtextextended('daybook.position ' || current_schema(), 0))"""


def position_at(time: datetime) -> int | None:
    """The position of the last event that was recorded by this time; None when it is to come.

    An append draws its time before it commits, so that one in flight may be recorded by a time
    that is over: it is waited for. Inside an open `atomic()` nothing is, for the lock would be kept
    until that ends; ask before a snapshot is opened.

    Raises:
        StoreBusy: an append was in flight for longer than a read waits.
    """
    with connection.cursor() as cursor:
        cursor.execute(PLACE, {"time": time})
        to_come, after_all = cursor.fetchone()
        if to_come:
            return None
        if after_all and not connection.in_atomic_block:
            with busy_when_locked():
                cursor.execute(PASS)  # A transaction of its own.
    return position_before(time + timedelta(microseconds=1))
