"""Checks of the write side: requests against their events, cached states against their folds."""

from collections.abc import Iterator
from uuid import UUID

import orjson

from commands.engine.decider import Fold, entities, entity_of
from commands.engine.models import Request
from eventstore.heads import cached_states
from eventstore.registry import load
from eventstore.store import Recorded, category, read_all
from eventstore.verification import Finding, Progress, check, ranges

CHUNK = 2_000


@check("requests")
def requests(upto: int, progress: Progress) -> Iterator[Finding]:
    """Every request has the events it says it made, and every event the request it names."""
    for after, last in ranges(upto, progress, size=CHUNK):
        events = [
            e for e in read_all(after=after, upto=last, limit=None) if "request" in e.metadata
        ]
        asked = Request.objects.only("id", "first_position", "events")
        rows = asked.in_bulk({UUID(e.metadata["request"]) for e in events})
        for event in events:
            if not _made(rows.get(UUID(event.metadata["request"])), event):
                request = event.metadata["request"]
                yield Finding(f"position {event.position}", f"request {request} does not say so")
        yield from _without_events(after, last, {e.position: e for e in events})


def _made(row: Request | None, event: Recorded) -> bool:
    if row is None or row.first_position is None:
        return False
    return bool(row.first_position <= event.position < row.first_position + row.events)


def _without_events(after: int, last: int, events: dict[int, Recorded]) -> Iterator[Finding]:
    """Events in this range that a request says it made, and that are somebody else's or missing."""
    rows = Request.objects.filter(first_position__gt=after, first_position__lte=last)
    for row in rows.only("id", "first_position", "events"):
        first = row.first_position or 0
        for position in range(first, min(first + row.events, last + 1)):
            event = events.get(position)
            if event is None or str(row.id) not in _askers(event):
                yield Finding(f"request {row.id}", f"position {position} is not its event")


def _askers(event: Recorded) -> tuple[str | None, str | None]:
    """The request that made an event, and the group that request is an item of, if it is."""
    return event.metadata.get("request"), event.metadata.get("correlation")


@check("states")
def states(upto: int, progress: Progress) -> Iterator[Finding]:
    """Every cached state is the fold of its events; one of other code is not used, nor checked."""
    fold, cached = Fold(), {entity.category for entity in entities() if entity.cached}
    for after, last in ranges(upto, progress, size=CHUNK):
        for event in read_all(after=after, upto=last, limit=None):
            if category(event.stream) in cached:
                fold.apply(event.stream, load(event))
    name = ""
    while page := cached_states(after=name):
        for name, version, state in page:
            entity = entity_of(name)
            current = state.code == entity.code and version == fold.version(name)
            if current and orjson.loads(state.text) != entity.codec[0](fold[name]):
                yield Finding(f"stream {name}", f"its state at version {version} is not the fold")
