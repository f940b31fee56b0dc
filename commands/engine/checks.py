"""Checks of the write side: requests against their events, cached states against their folds."""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from uuid import UUID

import orjson

from commands.engine.decider import Entity, entities, entity_of
from commands.engine.models import Request
from eventstore.folding import UNREADABLE
from eventstore.heads import State, cached_states
from eventstore.reading import changed_after, read_beginnings
from eventstore.registry import load
from eventstore.store import Recorded, category, read_all, read_stream
from eventstore.verification import Finding, Progress, check, ranges

CHUNK = 2_000


@check("requests")
def requests(upto: int, progress: Progress, after: int = 0) -> Iterator[Finding]:
    """Every request has the events it says it made, and every event the request it names."""
    asked = Request.objects.only("id", "first_position", "events")
    claims: list[Request] = []
    for first, last in ranges(upto, progress, after, size=CHUNK):
        events = [
            e for e in read_all(after=first, upto=last, limit=None) if "request" in e.metadata
        ]
        rows = asked.in_bulk({UUID(e.metadata["request"]) for e in events})
        for event in events:
            if not _made(rows.get(UUID(event.metadata["request"])), event):
                request = event.metadata["request"]
                yield Finding(f"position {event.position}", f"request {request} does not say so")
        claims += asked.filter(first_position__gt=first, first_position__lte=last)
        yield from _without_events(claims, first, last, {e.position: e for e in events})
        claims = [row for row in claims if _last(row) > last]
    for row in claims:
        yield Finding(f"request {row.id}", f"position {upto + 1} is not its event")


def _made(row: Request | None, event: Recorded) -> bool:
    if row is None or row.first_position is None:
        return False
    return bool(row.first_position <= event.position < row.first_position + row.events)


def _without_events(
    claims: list[Request], first: int, last: int, events: dict[int, Recorded]
) -> Iterator[Finding]:
    """Events in this range that a request says it made, and that are somebody else's or missing."""
    for row in claims:
        for position in range(max(row.first_position or 0, first + 1), min(_last(row), last) + 1):
            event = events.get(position)
            if event is None or str(row.id) not in _askers(event):
                yield Finding(f"request {row.id}", f"position {position} is not its event")


def _last(row: Request) -> int:
    return (row.first_position or 0) + row.events - 1


def _askers(event: Recorded) -> tuple[str | None, str | None]:
    """The request that made an event, and the group that request is an item of, if it is."""
    return event.metadata.get("request"), event.metadata.get("correlation")


@check("states")
def states(upto: int, progress: Progress, after: int = 0) -> Iterator[Finding]:
    """Every cached state is the fold of its events; one of other code is not used, nor checked.

    As many streams are folded at a time as have few events together, a long one piece by piece.
    """
    cached = {entity.category for entity in entities() if entity.cached}
    name, folded = "", 0
    while page := cached_states(after=name):
        name = page[-1][0]
        found = {stream: (version, state) for stream, version, state in page}
        wanted = changed_after(found, after) if after else found
        current = {
            stream: (version, state)
            for stream, (version, state) in found.items()
            if stream in wanted and category(stream) in cached
            if state.code == entity_of(stream).code
        }
        for few in _few(current):
            yield from _other_than_folded(few)
            folded += sum(version for version, _ in few.values())
            progress(min(folded, upto), upto)
    progress(upto, upto)


Cached = dict[str, tuple[int, State]]
"""By stream: the version that a cached state goes up to, and the state."""


def _few(cached: Cached) -> Iterator[Cached]:
    """The same in parts that have no more than a chunk of events, or one stream."""
    part: Cached = {}
    events = 0
    for stream, (version, state) in cached.items():
        if part and events + version > CHUNK:
            yield part
            part, events = {}, 0
        part[stream] = version, state
        events += version
    if part:
        yield part


def _other_than_folded(cached: Cached) -> Iterator[Finding]:
    left = dict(cached)
    for stream, events in groupby(_events(cached), key=attrgetter("stream")):
        version, state = left.pop(stream)
        if wrong := _wrong(entity_of(stream), events, version, state):
            yield Finding(f"stream {stream}", wrong)
    for stream in left:
        yield Finding(f"stream {stream}", "it has a state, and no event")


def _events(cached: Cached) -> Iterator[Recorded]:
    """The events of these streams, one after the other; those of a single one in pieces."""
    if len(cached) > 1:
        yield from read_beginnings({stream: version for stream, (version, _) in cached.items()})
        return
    ((stream, (upto, _)),) = cached.items()
    for after in range(0, upto, CHUNK):
        piece = read_stream(stream, after=after, upto=min(after + CHUNK, upto))
        if not piece:
            return
        yield from piece


def _wrong(entity: Entity, events: Iterator[Recorded], version: int, state: State) -> str:
    """What is wrong with a cached state; empty when it is the fold."""
    folded, reached = entity.initial, 0
    try:
        for event in events:
            folded, reached = entity.evolve(folded, load(event)), reached + 1
    except UNREADABLE as error:
        return f"its events cannot be folded beyond version {reached}: {error}"
    if reached != version:
        return f"its state is at version {version}, its events go to {reached}"
    if orjson.loads(state.text) != entity.codec[0](folded):
        return f"its state at version {version} is not the fold"
    return ""
