"""Compare a read table, row by row, with what the events add up to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from django.db import connection, transaction

from eventstore import verification
from eventstore.store import checkpoint, latest_position, read_all
from projections.engine.apply import apply
from projections.engine.operating import skipped
from projections.engine.projector import Projection, projections
from projections.engine.reading import consumer
from projections.engine.rebuild import rebuild

CHUNK = 5_000


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
    projection: Projection, progress: Callable[[int, int], None] = lambda done, total: None
) -> Iterator[Difference]:
    """Fold the log into a temporary table beside the live one, and yield the rows that differ.

    The log is read in short statements; only the last events and the comparison share a snapshot.
    """
    with _shadow(projection) as shadow:
        position, end = 0, _reach(projection)
        while position < end:
            position = _advance(shadow, position, end)
            progress(position, end)
        with transaction.atomic(), connection.cursor() as cursor:
            if not _nested():
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            end = _reach(projection)
            while position < end:
                position = _advance(shadow, position, end)
            cursor.execute(_compare(projection, shadow))
            rows = cursor.fetchall()
    for key, stored, expected in rows:
        yield Difference(key, _object(stored), _object(expected))


def register_checks() -> None:
    """Make each projection a check of `verify`, which can repair it."""
    for projection in projections():
        verification.register(
            projection.name, partial(_findings, projection), partial(rebuild, projection)
        )


def _findings(
    projection: Projection, upto: int, progress: verification.Progress
) -> Iterator[verification.Finding]:
    for row in differences(projection, progress):
        if row.stored is None:
            what = "the row is missing"
        elif row.expected is None:
            what = "no event made this row"
        else:
            pairs = [f"{c} is {row.stored[c]}, not {row.expected[c]}" for c in row.columns]
            what = "; ".join(pairs)
        yield verification.Finding(f"{projection.table.name} {row.key}", what)


def _nested() -> bool:
    """Whether a caller's transaction is open around ours, whose isolation cannot be changed."""
    return len(connection.savepoint_ids) > 0


def _reach(projection: Projection) -> int:
    """The position the live table must show: the end of the log, or the projection's checkpoint."""
    if projection.immediate:
        return latest_position()
    return checkpoint(consumer(projection.name)) or 0


def _advance(shadow: Projection, position: int, end: int) -> int:
    events = read_all(after=position, upto=end, types=shadow.types, limit=CHUNK)
    left_out = skipped(shadow)
    apply([shadow], [event for event in events if event.position not in left_out])
    return events[-1].position if len(events) == CHUNK else end


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


def _compare(projection: Projection, shadow: Projection) -> str:
    live, key = projection.table, projection.table.key
    return (
        f"SELECT coalesce(live.{key}, made.{key})::text,"
        f" to_jsonb(live)::text, to_jsonb(made)::text"
        f" FROM {live.name} AS live FULL JOIN {shadow.table.name} AS made USING ({key})"
        f" WHERE to_jsonb(live) IS DISTINCT FROM to_jsonb(made) ORDER BY 1 LIMIT 100"
    )


def _object(text: str | None) -> dict[str, Any] | None:
    return None if text is None else orjson.loads(text)
