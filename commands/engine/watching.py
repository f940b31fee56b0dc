"""What a reaction needs to know of an entity: its state just before and after an event."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson

from commands.engine.decider import entity_of
from commands.engine.models import Watched
from eventstore.columns import BigInts, Texts
from eventstore.ids import derived_uuid7
from eventstore.listeners.steering import orders
from eventstore.pipeline import pipeline
from eventstore.reading import read_at, read_stream
from eventstore.records import Recorded
from eventstore.registry import load

KEEP = """
INSERT INTO commands_watched (reaction, stream, version, state, code)
SELECT reaction, stream, version, state::json, code
FROM (SELECT unnest(%s) AS reaction, unnest(%s) AS stream, unnest(%s) AS version,
             unnest(%s) AS state, unnest(%s) AS code) AS seen
ON CONFLICT (reaction, stream) DO UPDATE
SET version = excluded.version, state = excluded.state, code = excluded.code"""

CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Happened:
    """An event that a reaction follows.

    Of a stream that it watches, with the states of the entity before and after the event.
    """

    reaction: str
    event: Any
    recorded: Recorded
    before: Any = None
    after: Any = None

    def new_id(self, what: str) -> UUID:
        """An id for what a command is to make: the same whenever the reaction handles the event."""
        name = f"{self.reaction} {what}"
        return derived_uuid7(self.recorded.recorded_at, str(self.recorded.id), name)


@dataclass(frozen=True, slots=True)
class Watch:
    """The streams that a reaction watches: from an event of the type `since` on.

    Their states are kept, in the transaction of the reaction, `until` they say that they need not
    be watched any more. The last of them stays, so that a replay knows that there was a watch.
    """

    reaction: str
    since: str
    until: Callable[[Any], bool]

    def around(self, events: Sequence[Recorded]) -> list[Happened]:
        """Those of these events that concern watched streams, in the order of the log.

        The events in between, of other types, are folded as well, and so is an event that staff
        have left out, should a watch begin with it. What is known then is kept.
        """
        found: list[Happened] = []
        kept: dict[str, tuple[int, Any]] = {}
        known = self._known(events)
        left_out = self._begun_by_what_is_left_out()
        by_stream = attrgetter("stream")
        for stream, few in groupby(sorted(events, key=by_stream), key=by_stream):
            seen = _Stream(self, stream, list(few), known.get(stream))
            if not seen.concerns and stream not in left_out:
                continue
            found += seen.follow()
            if seen.last:
                kept[stream] = seen.last
        self._keep(kept)
        return sorted(found, key=lambda each: each.recorded.position)

    def _known(self, events: Sequence[Recorded]) -> Mapping[str, Watched]:
        streams = {event.stream for event in events}
        rows = Watched.objects.filter(reaction=self.reaction, stream__in=streams)
        return {row.stream: row for row in rows}

    def _begun_by_what_is_left_out(self) -> set[str]:
        skipped = read_at(orders(self.reaction).skipped)
        return {event.stream for event in skipped if event.type == self.since}

    def _keep(self, seen: Mapping[str, tuple[int, Any]]) -> None:
        if not seen:
            return
        entities = [entity_of(stream) for stream in seen]
        states = [
            orjson.dumps(entity.codec[0](state))
            for entity, (_, state) in zip(entities, seen.values(), strict=True)
        ]
        with pipeline() as execute:
            execute(
                KEEP,
                [
                    Texts(self.reaction for _ in seen),
                    Texts(seen),
                    BigInts(version for version, _ in seen.values()),
                    Texts(states),
                    Texts(entity.code for entity in entities),
                ],
            )


class _Stream:
    """A stream that is followed from where it was seen last, or from its beginning."""

    def __init__(
        self, watch: Watch, stream: str, events: Sequence[Recorded], known: Watched | None
    ) -> None:
        self._watch, self._stream, self._events = watch, stream, events
        self._entity = entity_of(stream)
        self._watched, self._version, self._state = False, 0, self._entity.initial
        self.last: tuple[int, Any] | None = None
        """The version and the state as they were when it was last watched, if it ever was."""
        # Else a replay went back behind it, or other code made it: it is folded from the beginning.
        if known and known.code == self._entity.code and known.version < events[0].version:
            self._version, self._state = known.version, self._entity.codec[1](known.state)
            self._watched = not watch.until(self._state)
            self.last = self._version, self._state
        begins = any(each.type == watch.since for each in events)
        self.concerns = begins or self._watched or bool(known and not self.last)

    def follow(self) -> Iterator[Happened]:
        """Those of the events while it is watched; those in between are folded as well."""
        wanted = {each.version for each in self._events}
        for recorded in self._all():
            event, before = load(recorded), self._state
            self._version, self._state = recorded.version, self._entity.evolve(before, event)
            if recorded.type == self._watch.since:
                self._watched = True
            if not self._watched:
                continue  # A later state may no longer say that the watch has ended.
            self.last = self._version, self._state
            if recorded.version in wanted:
                yield Happened(self._watch.reaction, event, recorded, before, self._state)
            self._watched = not self._watch.until(self._state)

    def _all(self) -> Iterable[Recorded]:
        """Every event after the version that was seen last."""
        last = self._events[-1].version
        if last - self._version == len(self._events):
            return self._events
        return chain.from_iterable(
            read_stream(self._stream, after=after, upto=min(after + CHUNK, last))
            for after in range(self._version, last, CHUNK)
        )
