"""Measure ours and the alternatives in one run: `make bench`, and `make bench-all` in full."""

import argparse
import json
import os
import platform
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

from tests.benchmarks import flat, handwritten, ours, pages, report, roads, sourced, web
from tests.benchmarks.measure import alternating, say
from tests.benchmarks.place import (
    ACCOUNTS,
    OURS,
    PEERS,
    Apart,
    apart,
    empty_schema,
    migrate,
    reach,
)
from tests.tree import ROOT

RESULTS = ROOT / "var" / "bench.json"
CALLERS = (1, 8, 64, 256)
CONNECTIONS = (1, 16, 64, 256)
LENGTHS = (10, 10_000, 1_000_000)
ENTRIES, PAGES = (10, 100_000), 200
PACKAGES = ("django", "djangorestframework", "psycopg", "granian", "eventsourcing")


class Scale:
    """How long and how large: of seconds, or in full."""

    def __init__(self, full: bool) -> None:
        self.name = "full" if full else "quick"
        self.rounds = 5 if full else 2
        self.seconds = 5 if full else 2
        self.lone_commands = 1_000 if full else 200
        self.sizes = (10_000, 1_000_000, 10_000_000) if full else (10_000, 100_000)
        self.snapshot_seconds = 600 if full else 12


class Results:
    """What was measured so far, in a file; a part that is there is not measured again."""

    def __init__(self, file: Path, scale: Scale) -> None:
        self._file = file
        self.found: dict[str, Any] = {"scale": scale.name, "commit": _commit(), **_machine()}
        if scale.name == "full" and file.exists():
            before = json.loads(file.read_text())
            same = all(before.get(key) == self.found[key] for key in ("scale", "commit"))
            if same and "finished" not in before:
                self.found = before

    def part(self, path: str, measured: Callable[[], Any]) -> None:
        """Measure what belongs at this path, such as `service.64`, unless it is there."""
        *groups, last = path.split(".")
        place = self.found
        for name in groups:
            place = place.setdefault(name, {})
        if last not in place:
            place[last] = measured()
            self.save()

    def save(self) -> None:
        self._file.parent.mkdir(exist_ok=True)
        self._file.write_text(json.dumps(self.found, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="as long and as large as it takes")
    scale = Scale(parser.parse_args().full)
    web.wrk()
    results = Results(RESULTS, scale)
    with prepared() as us:
        for callers in CALLERS:
            results.part(f"service.{callers}", partial(service, us, callers, scale))
        token = us.do(ours.token)
        over_http(results, token, scale)
        measure_flat(results, us, token, scale)
    results.part("rebuild", partial(flat.rebuild, max(scale.sizes)))
    results.part("finished", lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    report.write(results.found)
    say(report.table(results.found))


@contextmanager
def prepared() -> Iterator[Apart]:
    """All tables, empty but for the accounts, and a process that has ours."""
    say("making the tables …")
    empty_schema(PEERS)
    handwritten.make_tables()
    sourced.open_accounts()
    empty_schema(OURS)
    migrate(OURS)
    with apart(OURS) as us:
        us.do(ours.open_accounts, ACCOUNTS)
        yield us


def service(us: Apart, callers: int, scale: Scale) -> dict[str, Any]:
    """Transfers without HTTP; `handwritten` and `pgbench` always have 8 clients."""
    seconds = scale.seconds
    contenders = {
        "ours": lambda: us.do(ours.transfers, callers, seconds),
        "handwritten": lambda: handwritten.by_pgbench(seconds),
        "handwritten_psycopg": lambda: handwritten.by_psycopg(callers, seconds),
        "pipeline": lambda: handwritten.by_psycopg(callers, seconds, pipeline=True),
        "eventsourcing": lambda: sourced.transfers(callers, seconds),
        "pgbench": lambda: handwritten.tpc_b(seconds),
    }
    return alternating(contenders, scale.rounds, f"{callers} callers")


def over_http(results: Results, token: str, scale: Scale) -> None:
    """POST of a transfer, and what the server's process holds in memory before and after."""
    with web.daybook(OURS, token) as ours_, web.crud("wsgi") as wsgi, web.crud("asgi") as asgi:
        ours_.post(web.OURS_PATH, web.OURS_BODY, 1, 1)
        started = ours_.memory_mb

        def measured(connections: int) -> dict[str, Any]:
            seconds = scale.seconds
            path, body = web.THEIR_PATH, web.THEIR_BODY
            contenders = {
                "ours": lambda: ours_.post(web.OURS_PATH, web.OURS_BODY, connections, seconds),
                "crud_wsgi": lambda: wsgi.post(path, body, connections, seconds),
                "crud_asgi": lambda: asgi.post(path, body, connections, seconds),
                "empty": lambda: wsgi.post(web.EMPTY_PATH, body, connections, seconds),
            }
            return alternating(contenders, scale.rounds, f"{connections} connections")

        for connections in CONNECTIONS:
            results.part(f"http.{connections}", partial(measured, connections))
        results.part("roads", partial(roads.roads, ours_, scale.rounds, scale.seconds))
        memory = {"server_started": started, "server_after": ours_.memory_mb}
        results.part("memory_mb", lambda: memory)


def measure_flat(results: Results, us: Apart, token: str, scale: Scale) -> None:
    rounds, seconds = scale.rounds, scale.seconds
    parts: dict[str, Callable[[], Any]] = {
        "account_page": partial(pages.by_entries, ENTRIES, rounds, PAGES),
        "hot_account": partial(flat.hot_account, us, rounds, seconds),
        "processes": partial(flat.processes, OURS, token, rounds, seconds),
        "snapshot_held": partial(flat.snapshot_held, us, rounds, scale.snapshot_seconds),
        "stream_length": partial(flat.stream_length, us, LENGTHS, rounds, scale.lone_commands),
        "store_size": partial(flat.store_size, scale.sizes, rounds, seconds),
    }
    for name, measured in parts.items():
        results.part(f"flat.{name}", measured)


def _machine() -> dict[str, Any]:
    """Where and with what; figures mean something only beside others of the same run."""
    with psycopg.connect(**reach()) as owner:
        (server,) = owner.execute("SHOW server_version").fetchone() or ("?",)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "machine": f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}",
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {
            "python": platform.python_version(),
            "postgresql": str(server).split()[0],
            **{name: version(name) for name in PACKAGES},
        },
    }


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


if __name__ == "__main__":
    main()
