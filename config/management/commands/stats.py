"""How much there is, how fast it grows, and how long it takes."""

from datetime import timedelta
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from commands.engine import figures
from eventstore import statistics
from eventstore.store import latest_position
from eventstore.terminal import size
from projections.engine.projector import projections

DAYS, LARGEST = 7, 10
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Command(BaseCommand):
    help = (
        "Tell how many events there are, of which types and on which days, how many rows each read "
        "table has (`balances` has one for each account), what was asked in the last day and how "
        "long its decision took, and how much room each table takes. What would take long to count "
        "is told as an estimate: about so many. Requests are told as far as the worker has counted "
        "them.\n\n"
        "Examples:\n"
        "  python manage.py stats\n"
        "  python manage.py stats --json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="the same as JSON")

    def handle(self, *, json: bool, **options: Any) -> None:
        told = {**_events(), **_read_tables(), **_requests(), **_disk()}
        if json:
            self.stdout.write(orjson.dumps(told).decode())
        else:
            self._tell(told)

    def _tell(self, told: dict[str, Any]) -> None:
        rates = told["events_per_second"]
        self._head(f"{told['position']:,} events")
        self._row("a second", f"{rates['minute']:,.1f} in the last minute")
        self._row("", f"{rates['hour']:,.1f} in the last hour")
        for each in told["days"]:
            self._row(each["day"], f"{each['events']:,}")
        self._head("By type")
        for each in told["types"]:
            self._row(each["type"], _number(each["events"], about=each["about"]))
        self._head("Rows of read tables")
        for each in told["read_tables"]:
            self._row(each["name"], _number(each["rows"], about=each["about"]))
        self._tell_requests(told["requests"])
        self._head(f"{size(told['disk']['bytes'])} on disk")
        for each in told["disk"]["tables"][:LARGEST]:
            self._row(each["name"], size(each["bytes"]))

    def _tell_requests(self, told: dict[str, Any]) -> None:
        until = told["counted_until"]
        counted = (
            f"counted until {until[:16].replace('T', ' ')} UTC" if until else "not counted yet"
        )
        self._head(f"Requests of the last day ({counted})")
        for each in told["counts"]:
            what = f"{each['command']} {each['status']}"
            self._row(what, f"{each['requests']:,} {each['road']}")
        for each in told["decided_in_ms"]:
            times = f"p50 {each['p50']:g} ms, p95 {each['p95']:g} ms {each['road']}"
            self._row(f"{each['command']} decided in", times)

    def _head(self, text: str) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING(text))

    def _row(self, name: str, text: str) -> None:
        self.stdout.write(f"  {name:<36} {text}")


def _number(number: int | None, *, about: bool) -> str:
    return str(statistics.Count("", number, about))


def _events() -> dict[str, Any]:
    return {
        "position": latest_position(),
        "events_per_second": {"minute": statistics.rate(MINUTE), "hour": statistics.rate(HOUR)},
        "days": [{"day": day.isoformat(), "events": many} for day, many in statistics.by_day(DAYS)],
        "types": [
            {"type": each.name, "events": each.number, "about": each.about}
            for each in statistics.by_type()
        ],
    }


def _read_tables() -> dict[str, Any]:
    counts = [(each.name, statistics.rows(each.table.name)) for each in projections()]
    return {
        "read_tables": [
            {"name": name, "rows": count.number, "about": count.about} for name, count in counts
        ]
    }


def _requests() -> dict[str, Any]:
    now = timezone.now()
    found = figures.figures(now - DAY, now)
    counts = dict[tuple[str, str, str], int]()
    for each in found.hours:
        key = each.command, each.status, _road(each.queued)
        counts[key] = counts.get(key, 0) + each.requests
    return {
        "requests": {
            "since": found.since.isoformat(),
            "counted_until": found.counted_until and found.counted_until.isoformat(),
            "counts": [
                {"command": command, "status": status, "road": road, "requests": many}
                for (command, status, road), many in sorted(counts.items())
            ],
            "decided_in_ms": [
                {
                    "command": each.command,
                    "road": _road(each.queued),
                    **dict(zip(("p50", "p95"), each.times, strict=False)),
                }
                for each in found.latencies
            ],
        }
    }


def _road(queued: bool) -> str:
    """Whether somebody waited, or a worker did it: which road that was is not counted."""
    return "by a worker" if queued else "at once"


def _disk() -> dict[str, Any]:
    tables = statistics.sizes()
    return {
        "disk": {
            "bytes": sum(octets for _, octets in tables),
            "tables": [{"name": name, "bytes": octets} for name, octets in tables],
        }
    }
