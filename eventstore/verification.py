"""Recompute and compare: each side registers its own checks.

A check reads in short statements up to a fixed position, and holds no long snapshot.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Progress = Callable[[int, int], None]
"""Told how far a check has come: positions done, positions in all."""

CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not what it must be; `facts` tell programs what the sentence says."""

    where: str
    what: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class Finder(Protocol):
    """Yields what is wrong up to a position; `after` another one, if the check can."""

    def __call__(self, upto: int, progress: Progress, after: int = 0, /) -> Iterator[Finding]: ...


@dataclass(frozen=True, slots=True)
class Check:
    """A named check; `repair` puts right what can be made anew from the events.

    One that is `whole` has nothing to begin with after some position: it compares everything.
    """

    name: str
    find: Finder
    repair: Callable[[], object] | None = None
    whole: bool = False


_checks: dict[str, Check] = {}


def register(
    name: str,
    find: Finder,
    repair: Callable[[], object] | None = None,
    *,
    whole: bool = False,
) -> None:
    """Add a check.

    Raises:
        ValueError: the name is taken.
    """
    if name in _checks:
        raise ValueError(f"the check {name!r} is registered already")
    _checks[name] = Check(name, find, repair, whole)


def check(name: str) -> Callable[[Finder], Finder]:
    """Register a function as a check."""

    def decorate(find: Finder) -> Finder:
        register(name, find)
        return find

    return decorate


def checks() -> list[Check]:
    """Every check, in the order of registration: the log's own come first."""
    return list(_checks.values())


def ranges(
    upto: int, progress: Progress, after: int = 0, size: int = CHUNK
) -> Iterator[tuple[int, int]]:
    """Ranges (first, last] that cover the log from one position up to another."""
    for first in range(after, upto, size):
        last = min(first + size, upto)
        yield first, last
        progress(last, upto)
