"""What the database failed of, by its error's SQLSTATE: who is to blame, and whether it passes."""

from django.db import InterfaceError, OperationalError

UNANSWERED = (OperationalError, InterfaceError)
"""What is raised where the database does not answer, or not any more."""

PASSING = ("08", "40", "53", "55P", "57P")
"""How states begin that no event is to blame for: lost connections, deadlocks, full disks, locks, …

A statement that took longer than it may is none of them: it would do so again.
"""

LOST = ("08", "57P")
"""How the states of a lost connection begin."""


def state(error: Exception) -> str:
    """The SQLSTATE of a database's error; empty where it has none."""
    return getattr(error.__cause__, "sqlstate", None) or ""


def passes(error: Exception) -> bool:
    """Whether the database failed, so that the same may succeed later."""
    return _is_like(error, PASSING)


def is_lost(error: Exception) -> bool:
    """Whether the connection is gone, so that what was being sent may have arrived or not."""
    return _is_like(error, LOST)


def _is_like(error: Exception, states: tuple[str, ...]) -> bool:
    """A connection that breaks while it is used has an error without a state."""
    return isinstance(error, UNANSWERED) and (not state(error) or state(error).startswith(states))
