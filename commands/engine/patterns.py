"""The roll-up of requests: how many came to which end and when, how fast, for whom.

Each request is counted once, when it is sure that none that was decided before it is still to come:
the counts of a time and how far they reach are written in one transaction. So they never differ
from those that are made anew from all requests.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from commands.engine.errors import Cancelled

MARGIN = timedelta(seconds=30)
"""How far the counts stay behind the clock: it may be set back, and a transaction that has not
written anything yet is not seen."""
BURST = 10
"""So many refusals of one principal within one minute of the clock are a burst."""
BUSIEST = 100
"""Of so many accounts an hour's count is kept when the hour is over."""
GROWTH = 1.1
"""Each bucket of the histogram ends at so many times the end of the one before; the bucket 0 at a
millisecond. What is said of times is wrong by less than 5 % thus."""
UNTIMED = -1_000
"""The bucket of what took no time of its own: the commands of a bulk, what never became a command,
and what was cancelled."""
SHORTEST = 0.05
"""Milliseconds; what took less, or by the clocks of two machines less than nothing, took this."""

TRY_LOCK = """
SELECT pg_try_advisory_xact_lock(hashtextextended('daybook.patterns ' || current_schema(), 0))"""
LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended('daybook.patterns ' || current_schema(), 0))"""

SETTLED = """
SELECT date_trunc('minute', least(clock_timestamp() - %s, min(xact_start)), 'UTC')
FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL"""
"""Before this, all is decided that ever will be: a request is decided after its transaction began,
and those that began earlier have ended."""

BEGIN = """
SELECT coalesce((SELECT counted_until FROM commands_rollup),
    (SELECT date_trunc('minute', min(decided_at), 'UTC') FROM commands_request))"""

DURING = "decided_at >= %(begin)s AND decided_at < %(end)s"

OUTCOMES = f"""
INSERT INTO commands_hourlyoutcome (hour, command, queued, status, code, bucket, requests)
SELECT date_trunc('hour', decided_at, 'UTC'), command, lane IS NOT NULL, status,
    coalesce(answer->>'code', ''),
    CASE WHEN parent IS NOT NULL OR status = 'malformed' OR answer->>'code' = '{Cancelled.code}'
        THEN {UNTIMED} ELSE ceil(ln(greatest({SHORTEST}, 1000 * extract(epoch FROM
        decided_at - greatest(received_at, not_before)))::float8) / ln({GROWTH}::float8)) END,
    count(*)
FROM commands_request WHERE {DURING} GROUP BY 1, 2, 3, 4, 5, 6
ON CONFLICT (hour, command, queued, status, code, bucket)
    DO UPDATE SET requests = commands_hourlyoutcome.requests + excluded.requests"""

ACCOUNTS = f"""
INSERT INTO commands_hourlyaccount (hour, account, requests)
SELECT date_trunc('hour', decided_at, 'UTC'), substr(stream, length('account-') + 1), count(*)
FROM commands_request, json_object_keys(decided_on) AS stream
WHERE {DURING} AND parent IS NULL AND stream LIKE 'account-%%'
    AND (status = 'succeeded' OR decided_on->>stream <> '0') GROUP BY 1, 2
ON CONFLICT (hour, account)
    DO UPDATE SET requests = commands_hourlyaccount.requests + excluded.requests"""
"""A bulk touches what its items do; an account that is not there is touched by nobody."""

QUIET_ACCOUNTS = f"""
DELETE FROM commands_hourlyaccount WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM commands_hourlyaccount WHERE hour = %(hour)s
    ORDER BY requests DESC, account OFFSET {BUSIEST}))"""
"""By their places in the table: the planner knows nothing yet of an hour that was just counted."""

BURSTS = f"""
WITH decided AS MATERIALIZED (
    SELECT decided_at, principal, parent, status, answer->>'code' AS code FROM commands_request
    WHERE {DURING})
INSERT INTO commands_burst (minute, principal, first_at, last_at, refusals, code)
SELECT date_trunc('minute', decided_at, 'UTC'), principal, min(decided_at), max(decided_at),
    count(*), mode() WITHIN GROUP (ORDER BY code COLLATE "C")
FROM decided WHERE status = 'refused' AND code <> '{Cancelled.code}' AND parent IS NULL
GROUP BY 1, 2 HAVING count(*) >= {BURST}"""
"""Found by their time alone: the index by status would be read for all refusals there are."""

REACH = """
INSERT INTO commands_rollup (id, counted_until) VALUES (1, %(end)s)
ON CONFLICT (id) DO UPDATE SET counted_until = excluded.counted_until"""

TABLES = ("hourlyoutcome", "hourlyaccount", "burst", "rollup")

Progress = Callable[[datetime, datetime], None]


def roll_up() -> tuple[datetime, datetime] | None:
    """Count the requests of up to an hour; until when that is done, and until when it could be.

    None when nothing is to be counted yet, or another worker counts.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if not _first(cursor, TRY_LOCK):
            return None
        settled, begin = _first(cursor, SETTLED, [MARGIN]), _first(cursor, BEGIN)
        if begin is None or begin >= settled:
            return None
        hour = begin.replace(minute=0, second=0, microsecond=0)
        end = min(hour + timedelta(hours=1), settled)
        during = {"hour": hour, "begin": begin, "end": end}
        for statement in (OUTCOMES, ACCOUNTS, BURSTS, REACH):
            cursor.execute(statement, during)
        if end == hour + timedelta(hours=1):
            cursor.execute(QUIET_ACCOUNTS, during)
        return end, settled


def catch_up(progress: Progress) -> None:
    """Count all that can be counted."""
    while reached := roll_up():
        progress(*reached)


def forget() -> None:
    """Throw all counts away: requests are counted from the first on again."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK)
        for table in TABLES:
            cursor.execute(f"DELETE FROM commands_{table}")


def _first(cursor: CursorWrapper, statement: str, values: Any = None) -> Any:
    cursor.execute(statement, values)
    (found,) = cursor.fetchone()
    return found
