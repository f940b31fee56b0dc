"""The log's own checks: positions, versions, heads, times, digests and seals."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import connection

from eventstore.reading import COLUMNS, recorded
from eventstore.records import digest
from eventstore.verification import CHUNK, Finding, Progress, check, ranges

MOST = 1_000_000
"""Events that one append can have; more without a seal are not kept in memory."""
APART = "recorded later than the rest of its append, or a seal is missing in front of it"

POSITIONS = """
SELECT position FROM eventstore_event WHERE position > %s AND position <= %s ORDER BY position"""

VERSIONS = """
SELECT e.position, e.stream, e.version, coalesce(before.version, 0), head.name IS NULL
FROM eventstore_event e
LEFT JOIN eventstore_stream head ON head.name = e.stream
LEFT JOIN LATERAL (
    SELECT version, position FROM eventstore_event b
    WHERE b.stream = e.stream AND b.version < e.version ORDER BY b.version DESC LIMIT 1
) AS before ON true
WHERE e.position > %s AND e.position <= %s AND (head.name IS NULL
    OR e.version <> coalesce(before.version, 0) + 1 OR before.position > e.position)
ORDER BY e.position"""

HEADS = """
SELECT name, s.version, coalesce(last.version, 0)
FROM (SELECT name, version FROM eventstore_stream WHERE name > %s ORDER BY name LIMIT %s) AS s
LEFT JOIN LATERAL (
    SELECT version FROM eventstore_event e
    WHERE e.stream = name ORDER BY e.version DESC LIMIT 1
) AS last ON true ORDER BY name"""

DIGESTS = f"""
SELECT {COLUMNS}, digest FROM eventstore_event
WHERE position > %s AND position <= %s ORDER BY position"""

SEALS = """
SELECT position, recorded_at, (extract(epoch FROM recorded_at) * 1000000)::bigint, digest, seal
FROM eventstore_event WHERE position > %s AND position <= %s ORDER BY position"""

SEALED = """
SELECT position, recorded_at, seal FROM eventstore_event
WHERE position <= %s AND seal IS NOT NULL ORDER BY position DESC LIMIT 1"""


def sealed_before(position: int) -> int:
    """Where the last append by this position ends, or 0: a check in part begins behind it."""
    return _sealed(position)[0]


@check("positions")
def positions(upto: int, progress: Progress, after: int = 0) -> Iterator[Finding]:
    """Positions are 1, 2, 3, … without a hole."""
    expected = after + 1
    for first, last in ranges(upto, progress, after):
        for (position,) in _rows(POSITIONS, [first, last]):
            if position != expected:
                yield Finding(f"position {expected}", f"missing up to {position - 1}")
            expected = position + 1
    if expected <= upto:
        yield Finding(f"position {expected}", f"missing up to {upto}")


@check("versions")
def versions(upto: int, progress: Progress, after: int = 0) -> Iterator[Finding]:
    """Versions are 1, 2, 3, … in each stream, and heads, all of them, know the last."""
    for first, last in ranges(upto, progress, after):
        for position, stream, version, previous, headless in _rows(VERSIONS, [first, last]):
            what = "has no head" if headless else f"is at version {version} after {previous}"
            yield Finding(f"position {position}", f"{stream} {what}")
    # A statement sees heads and events alike, so that running commands do not disturb it.
    name = ""
    while page := _rows(HEADS, [name, CHUNK]):
        for name, version, actual in page:
            if version != actual:
                yield Finding(
                    f"stream {name}", f"its head says version {version}, its events {actual}"
                )
        progress(upto, upto)


@check("digests")
def digests(upto: int, progress: Progress, after: int = 0) -> Iterator[Finding]:
    """Each event is what was digested when it was appended."""
    for first, last in ranges(upto, progress, after, size=2_000):
        for *columns, stored in _rows(DIGESTS, [first, last]):
            if not _fits(columns, bytes(stored)):
                yield Finding(f"position {columns[0]}", "the event differs from its digest")


def _fits(columns: list[Any], stored: bytes) -> bool:
    try:
        return digest(recorded(columns)) == stored
    except (TypeError, ValueError):  # JSON that PostgreSQL keeps, and the store never wrote.
        return False


@check("seals")
def seals(upto: int, progress: Progress, after: int = 0) -> Iterator[Finding]:
    """Each append is sealed onto the one before it, has one time, and times never go back."""
    after, seal, latest = _sealed(after)
    begin, pending = after + 1, bytearray()
    for first, last in ranges(upto, progress, after):
        for position, recorded_at, microseconds, event_digest, stored in _rows(
            SEALS, [first, last]
        ):
            if latest is not None and recorded_at < latest:
                yield Finding(f"position {position}", "recorded before the event in front of it")
            elif pending and recorded_at != latest:
                yield Finding(f"position {position}", APART)
            latest = recorded_at
            pending += bytes(event_digest)
            if stored is not None:
                if _seal(seal, begin, position, microseconds, pending) != bytes(stored):
                    yield _broken(begin, position)
                seal, begin, pending = bytes(stored), position + 1, bytearray()
        if last - begin >= MOST:
            yield Finding(f"position {begin}", f"no seal in the {MOST:,} events from here on")
            return
    if pending:
        yield Finding(f"position {upto}", f"no seal covers positions {begin} to {upto}")


def _sealed(position: int) -> tuple[int, bytes, datetime | None]:
    """Where the append by this position ended, its seal and its time: on these the next stands."""
    found = _rows(SEALED, [position])
    return (found[0][0], bytes(found[0][2]), found[0][1]) if found else (0, bytes(32), None)


def _seal(before: bytes, first: int, last: int, microseconds: int, digests: bytearray) -> bytes:
    numbers = b"".join(n.to_bytes(8, "big", signed=True) for n in (first, last, microseconds))
    return sha256(before + numbers + digests).digest()


def _broken(first: int, last: int) -> Finding:
    covered = f"position {first}" if first == last else f"positions {first} to {last}"
    return Finding(f"position {last}", f"the seal does not fit {covered}, which it seals")


def _rows(sql: str, parameters: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[Any] = cursor.fetchall()
    return rows
