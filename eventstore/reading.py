"""Reading the log: by stream, by category and type, forwards and backwards."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg
from django.db import connection
from psycopg.pq import Format

from eventstore.columns import BigInts, Texts, Uuids
from eventstore.pipeline import Execute, Rows, pipeline
from eventstore.records import Recorded

COLUMNS = "position, stream, version, type, schema, data::text, metadata::text, id, recorded_at"
# Of the whole log by position, or of one stream by version.
BISECT = """
WITH RECURSIVE step (low, high) AS (
    SELECT 0::bigint, coalesce((SELECT max({key}) FROM eventstore_event WHERE {among}), 0)
    UNION ALL
    SELECT CASE WHEN recorded_at < %(time)s THEN middle ELSE low END,
           CASE WHEN recorded_at < %(time)s THEN high ELSE middle - 1 END
    FROM (SELECT low, high, (low + high + 1) / 2 AS middle FROM step WHERE low < high) AS half
    JOIN eventstore_event ON {key} = middle AND {among})
SELECT low FROM step ORDER BY high - low LIMIT 1"""

NOW = """
SELECT greatest(clock_timestamp(),
    (SELECT recorded_at FROM eventstore_event ORDER BY position DESC LIMIT 1))"""
# In a stream versions and positions rise together, so that each is bisected: a look-up a step.
VERSIONS = """
WITH RECURSIVE step (stream, low, high) AS (
    SELECT wanted, 0::bigint, coalesce(last.version, 0)
    FROM unnest(%(streams)s::text[]) AS wanted LEFT JOIN LATERAL (
        SELECT version FROM eventstore_event WHERE stream = wanted
        ORDER BY version DESC LIMIT 1) AS last ON true
    UNION ALL
    SELECT stream, CASE WHEN known THEN middle ELSE low END,
           CASE WHEN known THEN high ELSE middle - 1 END
    FROM (SELECT step.*, middle, (SELECT position <= %(position)s FROM eventstore_event AS event
                                  WHERE event.stream = step.stream AND version = middle) AS known
          FROM step, LATERAL (SELECT (low + high + 1) / 2 AS middle) AS half
          WHERE low < high) AS looked)
SELECT stream, low FROM step WHERE low = high AND low > 0"""

TIMES = psycopg.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, Format.TEXT)

BEGINNINGS = f"""
SELECT {", ".join("e." + column for column in COLUMNS.split(", "))}
FROM (SELECT unnest(%s) AS name, unnest(%s) AS upto) AS head
JOIN eventstore_event e ON e.stream = head.name AND e.version <= head.upto
ORDER BY e.stream, e.version"""

CHANGED = """
SELECT name FROM (SELECT unnest(%s) AS name) AS wanted
WHERE (SELECT position FROM eventstore_event
       WHERE stream = name ORDER BY version DESC LIMIT 1) > %s"""

CATEGORY = "split_part(stream, '-', 1)"


def read_stream(
    stream: str,
    *,
    after: int = 0,
    upto: int | None = None,
    backward: bool = False,
    limit: int | None = None,
) -> list[Recorded]:
    """Events of one stream with `after` < version ≤ `upto`, oldest first unless `backward`."""
    where, parameters = ["stream = %s", "version > %s"], [stream, after]
    if upto is not None:
        where.append("version <= %s")
        parameters.append(upto)
    return select(where, parameters, order="version", backward=backward, limit=limit)


def read_all(
    *,
    after: int = 0,
    upto: int | None = None,
    types: Collection[str] = (),
    category: str | None = None,
    limit: int | None = 500,
) -> list[Recorded]:
    """Events of the whole log with `after` < position ≤ `upto`, in commit order.

    Positions have no holes, so whoever asks again `after` the last one has missed nothing.
    """
    where, parameters = following(after, types, category)
    if upto is not None:
        where.append("position <= %s")
        parameters.append(upto)
    return select(where, parameters, order="position", limit=limit)


def following(
    after: int, types: Collection[str] = (), category: str | None = None
) -> tuple[list[str], list[Any]]:
    """The conditions for events of these types and category after a position."""
    where: list[str] = ["position > %s"]
    parameters: list[Any] = [after]
    if types:
        where.append("type = ANY(%s)")
        parameters.append(list(types))
    if category is not None:
        where.append(f"{CATEGORY} = %s")
        parameters.append(category)
    return where, parameters


def read_beginnings(versions: Mapping[str, int]) -> list[Recorded]:
    """The events of these streams up to a version of each, stream by stream, oldest first."""
    with pipeline() as execute:
        rows = execute(BEGINNINGS, [Texts(versions), BigInts(versions.values())])
    return [recorded(row) for row in rows.fetchall()]


def read_ids(ids: Iterable[UUID]) -> list[Recorded]:
    """The events with these ids, in the order of the log."""
    return select(["id = ANY(%s)"], [list(ids)], order="position")


def read_at(positions: Iterable[int]) -> list[Recorded]:
    """The events at these positions, in their order."""
    return select(["position = ANY(%s)"], [list(positions)], order="position")


def changed_after(streams: Iterable[str], position: int) -> set[str]:
    """Of these streams, those that have an event after a position."""
    with pipeline() as execute:
        rows = execute(CHANGED, [Texts(streams), position])
    return {name for (name,) in rows.fetchall()}


def latest_position(*, category: str | None = None) -> int:
    """The position of the last event, of the log or of one category; 0 when there is none."""
    where = f"WHERE {CATEGORY} = %s" if category is not None else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT position FROM eventstore_event {where} ORDER BY position DESC LIMIT 1",
            [category] if category is not None else [],
        )
        row = cursor.fetchone()
    return row[0] if row else 0


def position_before(time: datetime) -> int:
    """The position of the last event that was recorded before this time; 0 when there is none.

    Positions have no holes and times never decrease, so it is bisected: one look-up a step.
    """
    return _bisected(BISECT.format(key="position", among="true"), time=time)


def version_before(stream: str, time: datetime) -> int:
    """The version that a stream had before this time; 0 when it began later."""
    return _bisected(
        BISECT.format(key="version", among="stream = %(stream)s"), time=time, stream=stream
    )


def _bisected(sql: str, **parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        (found,) = cursor.fetchone()
    return int(found)


def versions_at(streams: Sequence[str], position: int) -> dict[str, int]:
    """The version each of these streams had at a position; those that began later are left out."""
    with connection.cursor() as cursor:
        cursor.execute(VERSIONS, {"streams": list(streams), "position": position})
        return dict(cursor.fetchall())


def send_beginnings(execute: Execute, streams: Iterable[str], ids: Iterable[UUID]) -> Rows:
    """Send the query for the first events of these streams, and the events with these ids."""
    return execute(
        f"SELECT {COLUMNS} FROM eventstore_event WHERE stream = ANY(%s) AND version = 1"
        f" UNION ALL SELECT {COLUMNS} FROM eventstore_event WHERE id = ANY(%s)",
        [Texts(streams), Uuids(ids)],
    )


def checkpoint(consumer: str) -> int | None:
    """How far the consumer has come; None when it never advanced."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT position FROM eventstore_checkpoint WHERE consumer = %s", [consumer])
        row = cursor.fetchone()
    return row[0] if row else None


def select(
    where: list[str],
    parameters: list[Any],
    *,
    order: str,
    backward: bool = False,
    limit: int | None = None,
) -> list[Recorded]:
    """Rows of the log as `Recorded`."""
    sql = statement(where, order=order, backward=backward, limit=limit)
    with connection.cursor() as cursor:
        # Django's own loader of times costs four times as much as the rest of a row.
        cursor.adapters.register_loader("timestamptz", TIMES)
        cursor.execute(sql, parameters)
        return [recorded(row) for row in cursor.fetchall()]


def statement(
    where: list[str], *, order: str, backward: bool = False, limit: int | None = None
) -> str:
    """The query for rows of the log."""
    return (
        f"SELECT {COLUMNS} FROM eventstore_event WHERE {' AND '.join(where)}"
        f" ORDER BY {order}{' DESC' if backward else ''}"
        f"{'' if limit is None else f' LIMIT {int(limit)}'}"
    )


def recorded(row: Sequence[Any]) -> Recorded:
    """A row of `COLUMNS` as a value."""
    position, stream, version, kind, schema, data, metadata, id_, at = row
    return Recorded(
        position, stream, version, kind, schema, orjson.loads(data), orjson.loads(metadata), id_, at
    )
