"""Recompute and compare: each side registers its own checks.

A check reads in short statements up to a fixed position, and holds no long snapshot.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Progress = Callable[[int, int], None]
"""Told how far a check has come: positions done, positions in all."""

Finder = Callable[[int, Progress], Iterator["Finding"]]

CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not what it must be."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Check:
    """A named check; `repair` puts right what can be made anew from the events."""

    name: str
    find: Finder
    repair: Callable[[], object] | None = None


_checks: dict[str, Check] = {}


def register(name: str, find: Finder, repair: Callable[[], object] | None = None) -> None:
    """Add a check: `find(upto, progress)` yields what is wrong up to a position.

    Raises:
        ValueError: the name is taken.
    """
    if name in _checks:
        raise ValueError(f"the check {name!r} is registered already")
    _checks[name] = Check(name, find, repair)


def check(name: str) -> Callable[[Finder], Finder]:
    """Register a function as a check."""

    def decorate(find: Finder) -> Finder:
        register(name, find)
        return find

    return decorate


def checks() -> list[Check]:
    """Every check, in the order of registration: the log's own come first."""
    return list(_checks.values())


def ranges(upto: int, progress: Progress, size: int = CHUNK) -> Iterator[tuple[int, int]]:
    """Ranges (after, upto] that cover the log up to a position."""
    for after in range(0, upto, size):
        yield after, min(after + size, upto)
        progress(min(after + size, upto), upto)


def shown(value: Any) -> str:
    """A value as a finding quotes it."""
    return value.hex()[:16] + "…" if isinstance(value, bytes) else str(value)
