"""The log's own checks: positions, versions, heads, times, digests and seals."""

from collections.abc import Iterator
from hashlib import sha256

from django.db import connection

from eventstore.models import Event
from eventstore.reading import read_all
from eventstore.records import digest
from eventstore.verification import Finding, Progress, check, ranges

VERSIONS = """
SELECT e.position, e.stream, e.version, before.version AS previous
FROM eventstore_event e
LEFT JOIN LATERAL (
    SELECT version, position FROM eventstore_event b
    WHERE b.stream = e.stream AND b.version < e.version ORDER BY b.version DESC LIMIT 1
) AS before ON true
WHERE e.position > %s AND e.position <= %s
    AND (e.version <> coalesce(before.version, 0) + 1 OR before.position > e.position)"""

HEADS = """
SELECT name, s.version, coalesce(last.version, 0)
FROM eventstore_stream s LEFT JOIN LATERAL (
    SELECT version FROM eventstore_event e
    WHERE e.stream = s.name ORDER BY e.version DESC LIMIT 1
) AS last ON true
WHERE s.version <> coalesce(last.version, 0)"""

SEALS = """
SELECT position, recorded_at, (extract(epoch FROM recorded_at) * 1000000)::bigint, digest, seal
FROM eventstore_event WHERE position > %s AND position <= %s ORDER BY position"""


@check("positions")
def positions(upto: int, progress: Progress) -> Iterator[Finding]:
    """Positions are 1, 2, 3, … without a hole."""
    expected = 1
    for after, last in ranges(upto, progress):
        found = Event.objects.filter(position__gt=after, position__lte=last)
        for position in found.order_by("position").values_list("position", flat=True):
            if position != expected:
                yield Finding(f"position {expected}", f"missing up to {position - 1}")
            expected = position + 1
    if expected <= upto:
        yield Finding(f"position {expected}", f"missing up to {upto}")


@check("versions")
def versions(upto: int, progress: Progress) -> Iterator[Finding]:
    """Versions are 1, 2, 3, … in each stream, and heads know the last."""
    for after, last in ranges(upto, progress):
        with connection.cursor() as cursor:
            cursor.execute(VERSIONS, [after, last])
            rows = cursor.fetchall()
        for position, stream, version, previous in rows:
            yield Finding(
                f"position {position}", f"{stream} is at version {version} after {previous or 0}"
            )
    # One statement sees heads and events alike, so that running commands do not disturb it.
    with connection.cursor() as cursor:
        cursor.execute(HEADS)
        for name, version, actual in cursor.fetchall():
            yield Finding(f"stream {name}", f"its head says version {version}, its events {actual}")


@check("digests")
def digests(upto: int, progress: Progress) -> Iterator[Finding]:
    """Each event is what was digested when it was appended."""
    for after, last in ranges(upto, progress, size=2_000):
        stored = dict(
            Event.objects.filter(position__gt=after, position__lte=last).values_list(
                "position", "digest"
            )
        )
        for event in read_all(after=after, upto=last, limit=None):
            if digest(event) != bytes(stored.get(event.position, b"")):
                yield Finding(f"position {event.position}", "the event differs from its digest")


@check("seals")
def seals(upto: int, progress: Progress) -> Iterator[Finding]:
    """Each append is sealed onto the one before it, and times never go back."""
    seal, first, pending, latest = bytes(32), 1, [], None
    for after, last in ranges(upto, progress):
        with connection.cursor() as cursor:
            cursor.execute(SEALS, [after, last])
            rows = cursor.fetchall()
        for position, recorded_at, microseconds, event_digest, stored in rows:
            if latest is not None and recorded_at < latest:
                yield Finding(f"position {position}", "recorded before the event in front of it")
            latest = recorded_at
            pending.append(bytes(event_digest))
            if stored is None:
                continue
            numbers = (first, position, microseconds)
            header = b"".join(n.to_bytes(8, "big", signed=True) for n in numbers)
            expected = sha256(seal + header + b"".join(pending)).digest()
            if expected != bytes(stored):
                yield Finding(f"position {position}", "the seal does not fit what it seals")
            seal, first, pending = bytes(stored), position + 1, []
    if pending:
        yield Finding(f"position {upto}", "the last append has no seal")
