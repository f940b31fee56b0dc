"""What is announced about requests: that one waits in the queue, and whose have been decided."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

NOTIFY = "SELECT pg_notify(%s || current_schema(), %s)"
QUEUE, REQUESTS = "queue", "requests"
"""The channels of workers, and of who waits for an outcome."""

MANY = 200
"""Users that one announcement names at most: it has no room for more than 8,000 bytes."""

Statement = tuple[str, list[Any]]


def wake_workers() -> Statement:
    """Announce that there is work."""
    return NOTIFY, [f"daybook_{QUEUE}_", ""]


def announce(users: Iterable[UUID]) -> list[Statement]:
    """Announce that requests of these users were accepted or decided."""
    names = sorted({str(user) for user in users})
    chunks = (names[first : first + MANY] for first in range(0, len(names), MANY))
    return [(NOTIFY, [f"daybook_{REQUESTS}_", ",".join(chunk)]) for chunk in chunks]
