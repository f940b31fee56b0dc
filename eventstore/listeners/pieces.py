"""Doing many events at once, or one by one where one of them cannot be done."""

from collections.abc import Callable

from django.db import InterfaceError, OperationalError

PASSING = frozenset({"08", "40", "53", "55", "57"})
"""Classes of errors that no event is to blame for: lost connections, deadlocks, full disks, …"""


def in_pieces(step: Callable[[int], int], chunk: int) -> int:
    """Do a step of a chunk of events, or, if that fails, as many steps of one event each.

    A step is told how many events it may do, and says how many positions it moved; the last one
    moved none. So that only one event stands before it, it is told one where it fails again.

    Raises:
        OperationalError, InterfaceError: the database failed; no event is to blame.
    """
    try:
        return step(chunk)
    except Exception as error:
        if passes(error):
            raise
    moved = 0
    for _ in range(chunk):
        one = step(1)
        if not one:
            break
        moved += one
    return moved


def passes(error: Exception) -> bool:
    """Whether the database failed, so that the same may succeed later."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state[:2] in PASSING
