"""Doing many events at once, or one by one where one of them cannot be done; and all in turn."""

import logging
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from django.db import InterfaceError, OperationalError, connection

log = logging.getLogger(__name__)

PASSING = ("08", "40", "53", "55P", "57P")
"""Errors that no event is to blame for begin so: lost connections, deadlocks, full disks, locks, …

A statement that took longer than it may is none of them: it would do so again.
"""


class Named(Protocol):
    @property
    def name(self) -> str: ...


F = TypeVar("F", bound=Named)


def in_turn(followers: Iterable[F], follow: Callable[[F], int]) -> int:
    """Let each of them do what is next; how many positions they moved.

    One that fails holds up no other, whatever it is: it is tried again the next time.

    Raises:
        OperationalError, InterfaceError: the connection is lost, and so it is for all of them.
    """
    moved = 0
    for each in followers:
        try:
            moved += follow(each)
        except Exception as error:
            if _is_lost(error):
                raise
            log.exception("%s failed, it is tried again", each.name)
            connection.close()
    return moved


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
    state = _state(error)
    return not state or state.startswith(PASSING)


def _is_lost(error: Exception) -> bool:
    is_of_database = isinstance(error, OperationalError | InterfaceError)
    return is_of_database and (not _state(error) or _state(error).startswith(("08", "57P")))


def _state(error: Exception) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""
