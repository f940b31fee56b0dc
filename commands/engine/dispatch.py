"""From what came in to what came of it: the road every caller takes to `run`."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, OperationalError, connection

from commands.engine.decider import Command, Principal, handlers
from commands.engine.errors import Busy, Malformed
from commands.engine.outcomes import Outcome, Submission
from commands.engine.run import run
from eventstore.store import StoreBusy

ATTEMPTS = 3

Shape = Callable[[Mapping[str, Any], Mapping[str, str]], Command]
"""Turns a body and the path's arguments into a message, or raises `Malformed`."""

_shapes: dict[str, Shape] = {}


def shapes(name: str) -> Callable[[Shape], Shape]:
    """Register how a command's JSON body becomes its message."""

    def register(shape: Shape) -> Shape:
        _shapes[name] = shape
        return shape

    return register


def submission(
    name: str,
    payload: Mapping[str, Any],
    *,
    principal: Principal,
    arguments: Mapping[str, str] | None = None,
    **about: Any,
) -> Submission:
    """A request for the command of this name, its body checked for shape but for no rule.

    Raises:
        Malformed: the command is unknown, or the body or the key does not have its form.
    """
    if name not in _shapes:
        raise Malformed([("", f"There is no command {name}; there are {', '.join(handlers())}.")])
    key = about.get("key")
    if key is not None and not (0 < len(key) <= 255 and key.isascii() and _visible(key)):
        raise Malformed([("", "An idempotency key has 1 to 255 visible ASCII characters.")])
    path = dict(arguments or {})
    return Submission(
        command=_shapes[name](payload, path),
        name=name,
        principal=principal,
        payload=payload,
        arguments=path,
        **about,
    )


def dispatch(asked: Submission) -> Outcome:
    """Decide one request now.

    Raises:
        Busy: others were in the way three times; nothing was done.
    """
    return decide([asked])[0]


def decide(asked: Sequence[Submission]) -> list[Outcome]:
    """Decide a list in one transaction, anew when another transaction got in its way.

    Raises:
        Busy: that happened three times; nothing was done.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return run(asked)
        except (OperationalError, IntegrityError, StoreBusy) as error:
            if connection.in_atomic_block or not _passing(error):
                raise
            if attempt == ATTEMPTS:
                raise Busy from error
            time.sleep(random.uniform(0.005, 0.02) * attempt)  # noqa: S311
    raise AssertionError("unreachable")


def _passing(error: Exception) -> bool:
    """Whether another transaction was in the way: a deadlock, a conflict, a lock not to be had."""
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return isinstance(error, StoreBusy) or state in {"40001", "40P01", "23505", "55P03"}


def _visible(key: str) -> bool:
    return all("!" <= character <= "~" for character in key)
