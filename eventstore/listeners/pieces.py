"""Doing many events at once, or one by one where one of them cannot be done; and all in turn."""

import logging
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from django.db import connection

from eventstore.failures import is_lost, passes

log = logging.getLogger(__name__)


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
            if is_lost(error):
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
