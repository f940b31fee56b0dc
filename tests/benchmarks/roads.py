"""The roads over HTTP beside each other, and how fast a worker does what was accepted."""

from collections.abc import Callable
from typing import Any

import psycopg

from tests.benchmarks import web
from tests.benchmarks.measure import Figures, alternating, say
from tests.benchmarks.place import OURS, reach
from tests.examples.connections import until

CONNECTIONS = (1, 64)
LATER, WAITING = "respond-async", "respond-async, wait=30"

COUNT = "SELECT count(*) FROM commands_request WHERE status = 'accepted'"
DONE = """
SELECT count(*) / extract(epoch FROM max(decided_at) - min(begun_at))
FROM commands_request WHERE road = 'queued' AND decided_at > %s"""
READY = """
SELECT count(*) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND query LIKE '%%LISTEN%%daybook_queue_%%'"""

Found = dict[str, Any]


def roads(site: web.Site, rounds: int, seconds: float) -> Found:
    """Each road with one connection and with many; and what a worker does in a second."""
    drained: list[float] = []
    found: Found = {
        str(connections): alternating(
            _contenders(site, connections, seconds, drained), rounds, f"{connections} connections"
        )
        for connections in CONNECTIONS
    }
    found["drained_per_s"] = float(f"{max(drained):.4g}")
    say(f"one worker, what was accepted: {found['drained_per_s']:,.0f}/s")
    return found


def _contenders(
    site: web.Site, connections: int, seconds: float, drained: list[float]
) -> dict[str, Callable[[], Figures]]:
    def post(prefer: str = "") -> Figures:
        return site.post(web.OURS_PATH, web.OURS_BODY, connections, seconds, prefer=prefer)

    def queued() -> Figures:
        began = _ask("SELECT clock_timestamp()")
        figures = post(LATER)
        with web.worker(OURS):
            until(lambda: _ask(COUNT) == 0, "the end of the queue", seconds=120)
        drained.append(float(_ask(DONE, began)))
        return figures

    def gateway() -> Figures:
        with web.worker(OURS):
            until(lambda: _ask(READY), "a worker")
            return post(WAITING)

    return {"awaited": post, "queued": queued, "gateway": gateway}


def _ask(sql: str, *values: Any) -> Any:
    with psycopg.connect(**reach(), options=f"-c search_path={OURS}") as connection:
        (found,) = connection.execute(sql, values).fetchone() or (None,)
    return found
