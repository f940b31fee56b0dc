"""Balances and entries made again from the log: by us, by hand with COPY, and by SQL alone."""

import os
import resource
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import orjson
import psycopg
from django.db import connection

from projections.engine.projector import projections
from projections.engine.rebuild import Rebuilt
from projections.engine.side_by_side import Failed, rebuild_each
from tests.benchmarks.measure import say
from tests.benchmarks.place import Apart, reach

TABLES = ("balances", "entries")
TYPES = ("ledger.account_debited", "ledger.hold_captured", "ledger.account_credited")
DEBITS = TYPES[:2]

# The same columns and indexes as ours, but for what only the opening of an account tells.
MADE = """
DROP TABLE IF EXISTS made_balance, made_entry;
CREATE TABLE made_balance (account text COLLATE "C", debits numeric, credits numeric);
CREATE TABLE made_entry (LIKE ledger_entry)"""
INDEXES = """
ALTER TABLE made_balance ADD PRIMARY KEY (account);
ALTER TABLE made_entry ADD PRIMARY KEY (position);
CREATE INDEX ON made_entry (account, position);
CREATE INDEX ON made_entry (account, effective_on, position) INCLUDE (day_debits, day_credits);
ANALYZE made_balance, made_entry"""

EVENTS = """
COPY (SELECT position, substr(stream, 9), type, data, recorded_at FROM eventstore_event
      WHERE type = ANY('{%s}') ORDER BY position) TO STDOUT"""

SQL = """
INSERT INTO made_entry (position, account, transfer, direction, amount, effective_on, recorded_at,
    debits, credits, day_debits, day_credits)
SELECT position, account, transfer, direction, debit + credit, day, recorded_at,
    sum(debit) OVER known, sum(credit) OVER known, sum(debit) OVER of_day, sum(credit) OVER of_day
FROM (SELECT position, substr(stream, 9) AS account, (data ->> 'transfer')::uuid AS transfer,
        CASE WHEN debits THEN 'debit' ELSE 'credit' END AS direction,
        CASE WHEN debits THEN amount ELSE 0 END AS debit,
        CASE WHEN debits THEN 0 ELSE amount END AS credit,
        (data ->> 'effective_on')::date AS day, recorded_at
      FROM eventstore_event, LATERAL (SELECT (data ->> 'amount')::numeric AS amount,
                                             type = ANY(%(debits)s) AS debits) AS of_event
      WHERE type = ANY(%(types)s)) AS moved
WINDOW known AS (PARTITION BY account ORDER BY position),
    of_day AS (PARTITION BY account, day ORDER BY position);
INSERT INTO made_balance
SELECT account, sum(CASE WHEN direction = 'debit' THEN amount ELSE 0 END),
    sum(CASE WHEN direction = 'credit' THEN amount ELSE 0 END) FROM made_entry GROUP BY account"""


def rates(us: Apart, schema: str) -> dict[str, float]:
    """Events of entries that each of them makes into both tables in a second."""
    events = us.do(count)
    contenders: dict[str, Callable[[], Any]] = {
        "events_per_s": lambda: us.do(ours),
        "copy_limit_per_s": lambda: by_copy(schema),
        "sql_limit_per_s": lambda: by_sql(schema),
    }
    found: dict[str, float] = {"events": events}
    for name, make in contenders.items():
        began = perf_counter()
        more = make() or {}
        found |= {name: round(events / (perf_counter() - began)), **more}
        say(f"rebuild, {name}: {found[name]:,.0f}/s")
    return found


def count() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM eventstore_event WHERE type = ANY(%s)", [list(TYPES)])
        (events,) = cursor.fetchone()
    return int(events)


def ours() -> dict[str, float]:
    """Rebuild both, as the command does; the longest that others waited, and the most memory.

    That is of the larger of the two processes.
    """
    chosen = [each for each in projections() if each.name in TABLES]
    done = list(rebuild_each(chosen, os.cpu_count() or 1, lambda name, done, total: None))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"lock_ms": max(each.lock_ms for each in made(done)), "memory_mb": round(peak)}


def made(done: Sequence[Rebuilt | Failed]) -> Iterator[Rebuilt]:
    """All of them, none of which may have failed."""
    for each in done:
        if isinstance(each, Failed):
            raise RuntimeError(each.why)
        yield each


def by_copy(schema: str) -> None:
    """COPY out, fold in plain Python, COPY in."""
    with _tables(schema) as conn:
        totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        days: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        with psycopg.connect(**_reach(schema)) as reader:
            events = reader.cursor().copy(EVENTS % ",".join(TYPES))  # type: ignore[arg-type]
            into = "COPY made_entry (position, account, transfer, direction, amount, debits,"
            into += " credits, day_debits, day_credits, effective_on, recorded_at) FROM STDIN"
            with events as rows, conn.cursor().copy(into) as copy:  # type: ignore[arg-type]
                for row in rows:
                    copy.write(_entered(bytes(row), totals, days))
        with conn.cursor().copy("COPY made_balance FROM STDIN") as copy:
            for account, sides in totals.items():
                copy.write(f"{account}\t{sides[0]}\t{sides[1]}\n")


def _entered(
    row: bytes, totals: dict[str, list[int]], days: dict[tuple[str, str], list[int]]
) -> str:
    """An event's line of COPY as an entry's."""
    position, account, kind, text, recorded_at = row.decode()[:-1].split("\t")
    data = orjson.loads(text)
    amount, day, side = int(data["amount"]), data["effective_on"], int(kind not in DEBITS)
    total, of_day = totals[account], days[account, day]
    total[side] += amount
    of_day[side] += amount
    direction = ("debit", "credit")[side]
    return (
        f"{position}\t{account}\t{data['transfer']}\t{direction}\t{amount}\t{total[0]}\t{total[1]}"
        f"\t{of_day[0]}\t{of_day[1]}\t{day}\t{recorded_at}\n"
    )


def by_sql(schema: str) -> None:
    """One statement for each table."""
    with _tables(schema) as conn:
        conn.execute(SQL, {"types": list(TYPES), "debits": list(DEBITS)})


@contextmanager
def _tables(schema: str) -> Iterator["psycopg.Connection[Any]"]:
    """Tables to fill, which then get their indexes."""
    with psycopg.connect(**_reach(schema), cursor_factory=psycopg.ClientCursor) as conn:
        conn.execute(MADE)
        yield conn
        conn.execute(INDEXES)


def _reach(schema: str) -> dict[str, Any]:
    return {**reach(), "options": f"-c search_path={schema}"}
