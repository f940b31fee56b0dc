"""Projectors: one small function per event type, which changes a row and never sees SQL."""

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, TypeVar

from django.db import models

from eventstore.pipeline import Execute
from eventstore.records import Recorded
from eventstore.registry import load, type_of
from projections.engine.tables import Statement, Table

F = TypeVar("F", bound=Callable[..., None])
Loaded = Any

_projections: dict[str, "Projection"] = {}


class Projection:
    """A table with one row per entity: `function(row, event, recorded)` changes the row.

    `key` turns a stream into the row's primary key. An *immediate* projection is written in the
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
        _projections[name] = self

    def on(self, *events: type) -> Callable[[F], F]:
        """Register the function for these event classes."""

        def register(function: F) -> F:
            for event in events:
                self._functions[type_of(event).name] = function
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

    def relevant(self, events: Sequence[Recorded]) -> list[Recorded]:
        return [event for event in events if event.type in self._functions]

    def send_load(self, execute: Execute, events: Sequence[Recorded]) -> Loaded:
        """Send the query for the rows these events change.

        A stream's first event has none yet, where rows belong to one stream each.
        """
        new = {event.stream for event in events if self.immediate and event.version == 1}
        keys = {self._key(event.stream) for event in events if event.stream not in new}
        return execute(*self._query(keys)) if keys else None

    def fold(self, events: Sequence[Recorded], loaded: Loaded) -> list[Any]:
        """Hand each event its row, in order; the rows to write."""
        table, rows = self.table, self._received(loaded)
        for recorded in events:
            key = self._key(recorded.stream)
            row = rows.get(key)
            if row is None:
                row = rows[key] = table.row()
                setattr(row, table.key, key)
            self._functions[recorded.type](row, load(recorded), recorded)
        return list(rows.values())

    def flush(self, rows: Sequence[Any]) -> Statement:
        """The statement that writes the rows `fold` gave."""
        return self.table.upsert(rows)

    def _query(self, keys: set[Any]) -> Statement:
        return self.table.select(self.table.key, sorted(keys))

    def _received(self, loaded: Loaded) -> dict[Any, Any]:
        if loaded is None:
            return {}
        rows = self.table.rows(loaded.fetchall())
        return {getattr(row, self._key_column): row for row in rows}

    @property
    def _key_column(self) -> str:
        return self.table.key


class History(Projection):
    """A table with one row per event: `function(row, previous, event, recorded)` fills it in.

    `previous` is the same entity's row before it, or None, so that a running total needs no sum.
    The primary key is the event's position and `by` is the column that names the entity.
    """

    def __init__(self, name: str, model: type[models.Model], *, by: str, **options: Any) -> None:
        super().__init__(name, model, **options)
        self.by = by

    def fold(self, events: Sequence[Recorded], loaded: Loaded) -> list[Any]:
        table, last, made = self.table, self._received(loaded), []
        for recorded in events:
            key = self._key(recorded.stream)
            row = table.row()
            setattr(row, table.key, recorded.position)
            setattr(row, self.by, key)
            self._functions[recorded.type](row, last.get(key), load(recorded), recorded)
            last[key] = row
            made.append(row)
        return made

    def flush(self, rows: Sequence[Any]) -> Statement:
        return self.table.insert(rows)

    def _query(self, keys: set[Any]) -> Statement:
        return self.table.latest(self.by, sorted(keys))

    @property
    def _key_column(self) -> str:
        return self.by


def projections(*, immediate: bool | None = None) -> list[Projection]:
    """All projections in the order of their names, or only the immediate or the eventual ones."""
    found = (_projections[name] for name in sorted(_projections))
    return [p for p in found if immediate is None or p.immediate == immediate]
