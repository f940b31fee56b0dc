"""A store of millions of events: rebuilt in flat memory, and while callers write.

`DAYBOOK_HOME=var/bench python -m tests.benchmarks.large 3000000`
"""

import argparse
import asyncio
import json
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from commands.engine import writer
from tests.benchmarks import flat, ours, rebuilt
from tests.benchmarks.measure import say
from tests.benchmarks.place import ACCOUNTS, apart

CALLERS = 8
EVERY = 0.5
"""Seconds from one look at a process's memory to the next."""
AT_ONCE = 500_000

# Transfer n debits the n-th account and credits the one after it, round after round, so that each
# account has two events in each round.
FILL = """
INSERT INTO eventstore_event
    (position, stream, version, type, schema, data, metadata, id, recorded_at, digest)
SELECT %(last)s + 3 * (n - %(first)s) + part,
    CASE part WHEN 1 THEN 'transfer-' || transfer ELSE 'account-customers:' || account + 1 END,
    CASE part WHEN 1 THEN 1 ELSE 2 * (n / %(accounts)s) + CASE WHEN (part = 2) = (account = 0)
        THEN 2 ELSE 3 END END,
    CASE part WHEN 1 THEN 'ledger.transfer_posted' WHEN 2 THEN 'ledger.account_debited'
        ELSE 'ledger.account_credited' END, 1,
    CASE part WHEN 1 THEN jsonb_build_object('effective_on', day, 'legs', jsonb_build_array(
        jsonb_build_object('account', 'customers:' || n %% %(accounts)s + 1,
            'direction', 'debit', 'amount', '1'),
        jsonb_build_object('account', 'customers:' || (n + 1) %% %(accounts)s + 1,
            'direction', 'credit', 'amount', '1')))
    ELSE jsonb_build_object('transfer', transfer, 'amount', '1', 'effective_on', day) END,
    jsonb_build_object('request_id', transfer, 'correlation_id', transfer, 'actor', transfer),
    gen_random_uuid(), now(), ''
FROM (SELECT n, part, (n + (part = 3)::int) %% %(accounts)s AS account, day,
        lpad(to_hex(n), 32, '0')::uuid AS transfer
      FROM generate_series(%(first)s::bigint, %(first)s + %(transfers)s - 1) AS n,
        generate_series(1, 3) AS part,
        LATERAL (SELECT (date '2026-01-01' + (n / 100000)::int)::text AS day) AS of_n) AS made"""
HEADS = """
UPDATE eventstore_stream SET version = last, state_version = last
FROM (SELECT stream, max(version) AS last FROM eventstore_event
      WHERE stream LIKE 'account-customers:%%' GROUP BY stream) AS made
WHERE name = stream"""


def fill(upto: int) -> None:
    """Let the log, of accounts alone, have so many events; read tables are left as they are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(position), count(*) FILTER (WHERE type LIKE '%%posted')"
                       " FROM eventstore_event")  # fmt: skip
        last, first = cursor.fetchone()
        while last < upto:
            transfers = min(AT_ONCE, upto - last + 2) // 3
            known = {"last": last, "first": first, "transfers": transfers, "accounts": ACCOUNTS}
            cursor.execute(FILL, known)
            last, first = last + 3 * transfers, first + transfers
            say(f"{last:,} events")
        cursor.execute(HEADS)
        cursor.execute("ANALYZE")


@contextmanager
def watched(found: dict[str, Any]) -> Iterator[None]:
    """Look at the memory of the children of this process until the block ends."""
    over, peaks = threading.Event(), dict[str, list[float]]()

    def look() -> None:
        while not over.wait(EVERY):
            children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
            for child in children:
                peaks.setdefault(child, []).append(_memory(child))

    watching = threading.Thread(target=look)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()
        found["memory_mb"] = [
            {"half_way": max(seen[: len(seen) // 2 + 1]), "in_the_end": max(seen)}
            for seen in peaks.values()
        ]


def _memory(process: str) -> float:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def rebuild() -> dict[str, Any]:
    """Both tables; what their processes had in memory up to half of the time, and up to the end."""
    found: dict[str, Any] = {}
    began = time.perf_counter()
    with watched(found):
        found |= {"lock_ms": rebuilt.ours()["lock_ms"]}
    return found | {"seconds": round(time.perf_counter() - began, 1)}


def longest(seconds: float) -> float:
    """The longest, in milliseconds, that a transfer of one of many callers took meanwhile."""
    return asyncio.run(_longest(seconds))


async def _longest(seconds: float) -> float:
    ended, took = time.monotonic() + seconds, [0.0]

    async def caller() -> None:
        while time.monotonic() < ended:
            began = time.perf_counter()
            outcome = await writer.adispatch(ours.spread())
            took.append(time.perf_counter() - began)
            assert outcome.succeeded, outcome.answer

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return round(max(took) * 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", type=int)
    size = parser.parse_args().events
    schema = flat.store_of(size)
    with apart(schema) as us, apart(schema) as callers:
        us.do(fill, size)
        found = {"events": size, "alone": us.do(rebuild)}
        say(json.dumps(found))
        found["longest_ms_without"] = callers.do(longest, 30)
        with ThreadPoolExecutor(1) as beside:
            again = beside.submit(us.do, rebuild)
            waits = []
            while not again.done():
                waits.append(callers.do(longest, 5))
        found |= {"under_callers": again.result(), "longest_ms_with": max(waits)}
    say(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
