"""What differs between two states, down to the single values in them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ABSENT = object()
"""Stands for a value where there is none."""


@dataclass(frozen=True, slots=True)
class Change:
    """A value before and after; `place` names it, from the outermost name to the innermost."""

    place: tuple[str, ...]
    before: Any
    after: Any


def changes(before: Any, after: Any, place: tuple[str, ...] = ()) -> Iterator[Change]:
    """Every value that differs, in the order of the names after, then of those that are gone."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in (*after, *(name for name in before if name not in after)):
            inner = (*place, str(name))
            yield from changes(before.get(name, ABSENT), after.get(name, ABSENT), inner)
    elif before is ABSENT or after is ABSENT or before != after:
        yield Change(place, before, after)
