"""Projectors: one small function per event type, which changes a row and never sees SQL."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from typing import Any, TypeVar

from django.db import models

from eventstore.errors import StoreBusy
from eventstore.pipeline import Execute
from eventstore.records import Recorded
from eventstore.registry import load, type_of
from projections.engine.tables import Statement, Table

F = TypeVar("F", bound=Callable[..., None])
Loaded = Any
"""What a query that was sent will bring; each kind of projection knows its own."""

_projections: dict[str, "Projection"] = {}


class Projection:
    """A table with one row per entity: `function(row, event, recorded)` changes the row.

    A row has the columns that the functions of its events say they change, or all. `key` turns a
    stream into the row's primary key. An *immediate* projection is written in the
    transaction of the events, and each of its rows belongs to one stream, whose head guards it;
    others follow in the worker. `version` is raised when the functions mean something new.
    """

    def __init__(
        self,
        name: str,
        model: type[models.Model],
        *,
        key: Callable[[str], Any],
        immediate: bool = True,
        version: int = 1,
    ) -> None:
        if name in _projections:
            raise ValueError(f"the projection name {name!r} is taken")
        self.name, self.table, self.immediate, self.version = name, Table(model), immediate, version
        self._key = key
        self._functions: dict[str, Callable[..., None]] = {}
        self._changes: dict[str, Collection[str]] = {}
        _projections[name] = self

    def on(self, *events: type, changes: Collection[str] = ()) -> Callable[[F], F]:
        """Register the function for these event classes.

        `changes` are the only columns that the function looks at or changes in a row that exists;
        without them, it may do so with all.

        Raises:
            ValueError: there is no such column.
        """
        if unknown := set(changes) - set(self.table.columns):
            raise ValueError(f"{self.table.name} has no column {', '.join(sorted(unknown))}")

        def register(function: F) -> F:
            for event in events:
                name = type_of(event).name
                self._functions[name] = function
                self._changes[name] = changes or self.table.columns
            return function

        return register

    @property
    def types(self) -> frozenset[str]:
        """The stored names of the events it follows."""
        return frozenset(self._functions)

    def into(self, name: str) -> "Projection":
        """The same projection, writing to another table of the same shape."""
        other = copy(self)
        other.table = Table(self.table.model, name)
        return other

    def held(self, streams: Iterable[str]) -> set[str]:
        """Of these streams, those whose row others hold, or the whole table."""
        keys: dict[Any, str] = {}
        for stream in streams:
            with suppress(ValueError):  # A stream of another kind may have no key here.
                keys[self._key(stream)] = stream
        try:
            return {keys[key] for key in self._held(keys)} if keys else set()
        except StoreBusy:
            return set(keys.values())

    def _held(self, keys: Collection[Any]) -> set[Any]:
        return self.table.held(keys)

    def relevant(self, events: Sequence[Recorded]) -> list[Recorded]:
        return [event for event in events if event.type in self._functions]

    def send_load(self, execute: Execute, events: Sequence[Recorded]) -> Loaded | None:
        """Send the query for the rows these events change.

        A stream's first event has none yet, where rows belong to one stream each.
        """
        new = {event.stream for event in events if self.immediate and event.version == 1}
        known = [event for event in events if event.stream not in new]
        return self._send(execute, known) if known else None

    def fold(self, events: Sequence[Recorded], loaded: Loaded | None) -> Iterator[Statement]:
        """Hand each event its row, in order; the statements that write what came of it."""
        table = self.table
        part, found = loaded or (table.part(()), None)
        known = part.rows(found.fetchall()) if found else {}
        new: dict[Any, Any] = {}
        for recorded in events:
            for key in self._rows_of(recorded):
                row = known.get(key) or new.get(key)
                if row is None:
                    row = new[key] = table.row()
                    setattr(row, table.key, key)
                self._functions[recorded.type](row, load(recorded), recorded)
        if new:
            yield table.upsert(list(new.values()))
        if known:
            yield part.update(list(known.values()))

    def _send(self, execute: Execute, events: Sequence[Recorded]) -> Loaded:
        changes = (self._changes[name] for name in {event.type for event in events})
        part = self.table.part(set[str]().union(*changes))
        return part, execute(*part.select(self._keys(events)))

    def _keys(self, events: Sequence[Recorded]) -> list[Any]:
        return sorted({key for event in events for key in self._rows_of(event)})

    def _rows_of(self, recorded: Recorded) -> Iterable[Any]:
        """The primary keys of the rows that an event changes."""
        return (self._key(recorded.stream),)


class Parts(Projection):
    """A table with several rows for a stream: `rows` are the keys of those an event changes.

    It is asked with the event and with what `key` makes of its stream.
    """

    def __init__(
        self,
        name: str,
        model: type[models.Model],
        *,
        rows: Callable[[Any, Any], Iterable[Any]],
        **options: Any,
    ) -> None:
        super().__init__(name, model, **options)
        self._rows = rows

    def _rows_of(self, recorded: Recorded) -> Iterable[Any]:
        return self._rows(load(recorded), self._key(recorded.stream))

    def _held(self, keys: Collection[Any]) -> set[Any]:
        return self.table.held(())  # A stream does not tell its rows: the table itself may be held.


class History(Projection):
    """A table with one row per event: `function(row, event, recorded)` completes the row.

    The primary key is the event's position. `carried` are columns that go on from row to row, so
    that a running total needs no sum: each tuple of them by the columns whose values say which row
    came before. The first of these is what `key` makes of the stream, others are attributes of the
    event. A row begins with these, and with its carried columns as the row before left them.
    """

    def __init__(
        self,
        name: str,
        model: type[models.Model],
        *,
        carried: Mapping[tuple[str, ...], tuple[str, ...]],
        **options: Any,
    ) -> None:
        super().__init__(name, model, **options)
        self.carried = carried

    def fold(self, events: Sequence[Recorded], loaded: Loaded | None) -> Iterator[Statement]:
        table, last, made = self.table, self._last(loaded), []
        for recorded in events:
            event, row = load(recorded), table.row()
            setattr(row, table.key, recorded.position)
            keys = {by: self._key_by(by, recorded, event) for by in self.carried}
            for by, key in keys.items():
                _set(row, by, key)
                _set(row, self.carried[by], last[by].get(key, ()))
            self._functions[recorded.type](row, event, recorded)
            for by, key in keys.items():
                last[by][key] = [getattr(row, column) for column in self.carried[by]]
            made.append(row)
        yield table.insert(made)

    def _key_by(self, by: tuple[str, ...], recorded: Recorded, event: Any) -> tuple[Any, ...]:
        return self._key(recorded.stream), *(getattr(event, column) for column in by[1:])

    def _send(self, execute: Execute, events: Sequence[Recorded]) -> Loaded:
        typed = [(recorded, load(recorded)) for recorded in events]
        return {
            by: execute(
                *self.table.latest(by, sorted({self._key_by(by, *each) for each in typed}), group)
            )
            for by, group in self.carried.items()
        }

    def _held(self, keys: Collection[Any]) -> set[Any]:
        return self.table.held(())  # Its rows are only added: the table itself may be held.

    def _last(self, loaded: Loaded | None) -> dict[tuple[str, ...], dict[Any, Any]]:
        """What the last row carries on: by columns, and by the values that it has there."""
        found: dict[tuple[str, ...], dict[Any, Any]] = {by: {} for by in self.carried}
        for by, rows in (loaded or {}).items():
            for fetched in rows.fetchall():
                values = self.table.values([*by, *self.carried[by]], fetched)
                found[by][tuple(values[: len(by)])] = values[len(by) :]
        return found


def _set(row: Any, columns: Sequence[str], values: Sequence[Any]) -> None:
    for column, value in zip(columns, values, strict=False):
        setattr(row, column, value)


def projections(*, immediate: bool | None = None) -> list[Projection]:
    """All projections in the order of their names, or only the immediate or the eventual ones."""
    found = (_projections[name] for name in sorted(_projections))
    return [p for p in found if immediate is None or p.immediate == immediate]
