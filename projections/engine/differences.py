"""Compare a read table, row by row, with what the events add up to."""

import json
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from django.db import connection, transaction

from eventstore import verification
from eventstore.sessions import one_session
from eventstore.store import Recorded, Scan, Some, checkpoint, latest_position, read_all, read_at
from projections.engine.apply import apply
from projections.engine.loading import FEW, loader
from projections.engine.models import ProjectionState
from projections.engine.operating import skipped
from projections.engine.projector import History, Projection, projections
from projections.engine.reading import consumer
from projections.engine.rebuild import rebuild

CHUNK = 5_000
"""Events that are folded, and rows that are compared, at a time."""
LOOKED_AT = 500
"""Positions that are read at a time to find the event to blame, whatever its size."""
MOST = 100
"""Differences that are looked for; more say no more."""
MAX_EXACT = 2**53
"""Beyond it a number is told as its digits: not every reader of JSON has so long ones."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not what its events say; None where there is no such row."""

    key: str
    stored: dict[str, Any] | None
    expected: dict[str, Any] | None

    @property
    def columns(self) -> list[str]:
        """The columns whose values differ; all of them when the row is missing or too many."""
        stored, expected = self.stored or {}, self.expected or {}
        names = stored or expected
        return [name for name in names if stored.get(name) != expected.get(name)]


def differences(
    projection: Projection, progress: verification.Progress = lambda done, total: None
) -> list[Difference]:
    """Fold the log into a temporary table beside the live one, and find the rows that differ.

    There are as many as are worth looking at, at the most. The log is read in short statements.
    Then some rows after the others are compared, each time in a snapshot of their own, into which
    the events up to it are folded first.
    """
    with one_session(), closing(_differences(projection, progress)) as found:
        return list(islice(found, MOST))


def _differences(
    projection: Projection, progress: verification.Progress
) -> Generator[Difference, None, None]:
    scan = Scan(projection.types, metadata=projection.metadata)
    with _shadow(projection) as shadow:
        position = _fill(shadow, scan, _reach(projection), progress)
        while (end := _reach(projection)) - position > CHUNK:  # Else it were a long snapshot.
            position = _advance(shadow, scan, position, end)
        last: list[Any] = []
        while True:
            with _snapshot(projection):
                end = _reach(projection)
                while position < end:
                    position = _advance(shadow, scan, position, end)
                until = _next(projection, shadow, last)
                rows = _compare(projection, shadow, last, until)
            progress(end, end)
            for key, stored, expected in rows:
                yield Difference(key, _object(stored), _object(expected))
            if not until:
                return
            last = until


def register_checks() -> None:
    """Make each projection a check of `verify`, which can repair it."""
    for projection in projections():
        find, repair = partial(_findings, projection), partial(rebuild, projection)
        verification.register(projection.name, find, repair, whole=True)


def _findings(
    projection: Projection, upto: int, progress: verification.Progress, after: int = 0
) -> Iterator[verification.Finding]:
    """A table's rows say nothing of a part of the log: all of them are compared."""
    table, found = projection.table.name, differences(projection, progress)
    made = _last_events(projection, {row.key for row in found if row.expected is not None})
    for row in found:
        event = made.get(row.key)
        facts = {
            "table": table,
            "key": row.key,
            "columns": {
                name: {
                    "stored": _told((row.stored or {}).get(name)),
                    "expected": _told((row.expected or {}).get(name)),
                }
                for name in row.columns
            },
            "event": event and {"position": event.position, "type": event.type},
        }
        by = f"; its last event is {event.position} ({event.type})" if event else ""
        yield verification.Finding(f"{table} {row.key}", _sentence(row) + by, facts)


def _sentence(row: Difference) -> str:
    if row.stored is None:
        return "the row is missing"
    if row.expected is None:
        return "no event made this row"
    return "; ".join(f"{c} is {row.stored[c]}, not {row.expected[c]}" for c in row.columns)


def _told(value: Any) -> Any:
    return str(value) if isinstance(value, int) and abs(value) > MAX_EXACT else value


def _last_events(projection: Projection, keys: Collection[str]) -> dict[str, Recorded]:
    """For each key, the last event that made or changed its row: the log is read backwards."""
    found: dict[str, Recorded] = {}
    if isinstance(projection, History):
        return {str(event.position): event for event in read_at(map(int, keys))}
    last = latest_position()
    while last > 0 and len(found) < len(keys):
        first = max(last - LOOKED_AT, 0)
        for event in reversed(read_all(after=first, upto=last, types=projection.types, limit=None)):
            for key in map(str, projection.keys(event)):
                if key in keys:
                    found.setdefault(key, event)
        last = first
    return found


def _nested() -> bool:
    """Whether a caller's transaction is open around ours, whose isolation cannot be changed."""
    return len(connection.savepoint_ids) > 0


@contextmanager
def _snapshot(projection: Projection) -> Iterator[None]:
    """A snapshot for a few statements; a table that is swapped meanwhile waits for its end."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not _nested():
            cursor.execute(
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; "
                f"LOCK TABLE {projection.table.name} IN ACCESS SHARE MODE"
            )
        yield


def _reach(projection: Projection) -> int:
    """The position the live table must show: the end of the log, or how far it has come."""
    if projection.immediate:
        state = ProjectionState.objects.filter(name=projection.name).first()
        behind_since = state.behind_since if state else None
        return latest_position() if behind_since is None else behind_since
    return checkpoint(consumer(projection.name)) or 0


def _fill(shadow: Projection, scan: Scan, end: int, progress: verification.Progress) -> int:
    """Fold the log up to this position, as a rebuild does."""
    position, analyze = 0, partial(_analyze, shadow)
    filling = loader(shadow, index=analyze)
    while position < end:
        some = _some(shadow, scan, position, end, min(CHUNK, filling.at_once))
        filling.take(some, some.size)
        position = some.reached
        if filling.full:
            filling.flush()
            filling.give_way()
        progress(position, end)
    filling.flush()
    analyze()
    return position


def _advance(shadow: Projection, scan: Scan, position: int, end: int) -> int:
    some = _some(shadow, scan, position, end, min(CHUNK, FEW))
    apply([shadow], list(some))
    return some.reached


def _some(shadow: Projection, scan: Scan, position: int, end: int, most: int) -> Some:
    """The next events that are not left out."""
    return scan.next(position, end, most).without(skipped(shadow))


def _analyze(shadow: Projection) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {shadow.table.name}")


@contextmanager
def _shadow(projection: Projection) -> Iterator[Projection]:
    live, name = projection.table.name, f"shadow_{projection.table.name}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {name} (LIKE {live} INCLUDING ALL)")
    try:
        yield projection.into(name)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {name}")


def _next(projection: Projection, shadow: Projection, last: Sequence[Any]) -> list[Any]:
    """The key up to which neither table has more rows than a chunk; nothing when it is the end."""
    key = projection.table.key
    ends = " UNION ALL ".join(
        f"(SELECT {key} FROM {table} {_after(key, last)} ORDER BY {key} OFFSET {CHUNK - 1} LIMIT 1)"
        for table in (projection.table.name, shadow.table.name)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({ends}) AS ends ORDER BY 1 LIMIT 1", [*last, *last])
        return [value for row in cursor.fetchall() for value in row]


def _compare(
    projection: Projection, shadow: Projection, last: Sequence[Any], until: Sequence[Any]
) -> list[Any]:
    """Key and both rows, as JSON, of those with keys after `last` that differ."""
    key = projection.table.key
    some = _after(key, last) + (f" {'AND' if last else 'WHERE'} {key} <= %s" if until else "")
    sql = (
        f"SELECT {key}::text, to_jsonb(live)::text, to_jsonb(made)::text"
        f" FROM (SELECT * FROM {projection.table.name} {some}) AS live"
        f" FULL JOIN (SELECT * FROM {shadow.table.name} {some}) AS made USING ({key})"
        f" WHERE to_jsonb(live) IS DISTINCT FROM to_jsonb(made) ORDER BY {key} LIMIT {MOST}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*last, *until] * 2)
        rows: list[Any] = cursor.fetchall()
    return rows


def _after(key: str, last: Sequence[Any]) -> str:
    return f"WHERE {key} > %s" if last else ""


def _object(text: str | None) -> dict[str, Any] | None:
    return None if text is None else json.loads(text)
