"""What somebody may do to the log who owns its table, or is a superuser: no trigger stops them."""

from hashlib import sha256

from django.db import connection

from eventstore.reading import COLUMNS, recorded
from eventstore.records import digest
from projections.engine.projector import projections
from projections.engine.rebuild import rebuild

FORGE = """
ALTER TABLE eventstore_event DISABLE TRIGGER USER;
{};
ALTER TABLE eventstore_event ENABLE ALWAYS TRIGGER eventstore_no_change"""

EVENTS = f"""
SELECT {COLUMNS}, (extract(epoch FROM recorded_at) * 1000000)::bigint, seal IS NOT NULL
FROM eventstore_event ORDER BY position"""

CUT = """
DELETE FROM eventstore_event WHERE position > {0};
DELETE FROM commands_request WHERE first_position > {0};
DELETE FROM eventstore_stream
    WHERE NOT EXISTS (SELECT FROM eventstore_event WHERE stream = name);
UPDATE eventstore_stream SET state = NULL, state_version = NULL, state_code = NULL,
    version = (SELECT max(version) FROM eventstore_event WHERE stream = name)"""


def forge(*statements: str) -> None:
    """Change what is never changed."""
    with connection.cursor() as cursor:
        cursor.execute(FORGE.format(";\n".join(statements)))


def redigest(position: int) -> None:
    """Give an event the digest of what it says now."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM eventstore_event WHERE position = %s", [position])
        ours = digest(recorded(cursor.fetchone())).hex()
    forge(f"UPDATE eventstore_event SET digest = '\\x{ours}' WHERE position = {position}")


def reseal(upto: int = 2**62) -> None:
    """Make all digests and seals anew, up to a position."""
    with connection.cursor() as cursor:
        cursor.execute(EVENTS)
        rows = cursor.fetchall()
    before, first, pending, made = bytes(32), 1, b"", []
    for *columns, microseconds, is_last in rows:
        position, own = columns[0], digest(recorded(columns))
        made.append(f"digest = '\\x{own.hex()}' WHERE position = {position}")
        pending += own
        if is_last:
            numbers = [n.to_bytes(8, "big", signed=True) for n in (first, position, microseconds)]
            before = sha256(before + b"".join(numbers) + pending).digest()
            made.append(f"seal = '\\x{before.hex()}' WHERE position = {position}")
            first, pending = position + 1, b""
        if position >= upto:
            break
    forge(*(f"UPDATE eventstore_event SET {each}" for each in made))


def cut(position: int) -> None:
    """Cut the log off behind a position, with all that was made of what stood there."""
    forge(CUT.format(position))
    rebuild_all()


def rebuild_all() -> None:
    """Make everything anew that is made of events."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE eventstore_stream SET state = NULL, state_version = NULL, state_code = NULL"
        )
    for projection in projections():
        rebuild(projection)
