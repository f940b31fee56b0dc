"""`{% read_tables types last as tables %}`: which read tables some events change."""

from collections.abc import Collection
from dataclasses import dataclass

from django import template

from eventstore.store import checkpoint
from projections.engine.projector import projections
from projections.engine.reading import consumer

register = template.Library()


@dataclass(frozen=True, slots=True)
class Changed:
    """A read table that events change: along with them, or later by a worker."""

    name: str
    immediate: bool
    reached: bool


@register.simple_tag
def read_tables(types: Collection[str], last: int) -> list[Changed]:
    """The read tables that events of these types change, and whether each has come to the last."""
    return [
        Changed(each.name, each.immediate, each.immediate or _has_reached(each.name, last))
        for each in projections()
        if not each.types.isdisjoint(types)
    ]


def _has_reached(name: str, position: int) -> bool:
    return (checkpoint(consumer(name)) or 0) >= position
