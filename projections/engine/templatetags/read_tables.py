"""`{% read_tables events as tables %}`: which read tables some events change."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import template

from eventstore.records import Recorded
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
def read_tables(events: Sequence[Recorded]) -> list[Changed]:
    """The read tables that these events change, and whether each has come so far."""
    return [
        Changed(each.name, each.immediate, each.immediate or _has_reached(each.name, relevant))
        for each in projections()
        if (relevant := each.relevant(events))
    ]


def _has_reached(name: str, events: Sequence[Recorded]) -> bool:
    return (checkpoint(consumer(name)) or 0) >= events[-1].position
