"""Projectors: one small function per event type, which changes a row and never sees SQL."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from functools import cached_property
from hashlib import sha256
from typing import Any, TypeVar

from django.db import connection, models

from eventstore.errors import StoreBusy
from eventstore.pipeline import Execute
from eventstore.records import Recorded
from eventstore.registry import load, type_of
from projections.engine.tables import Statement, Table

F = TypeVar("F", bound=Callable[..., None])
Loaded = Any
"""What a query that was sent will bring; each kind of projection knows its own."""
Last = dict[tuple[str, ...], dict[Any, Any]]
"""The last rows of a history, for what they carry on: by columns, and by the values in these."""

_projections: dict[str, "Projection"] = {}


class Projection:
    """A table with one row per entity: `function(row, event, recorded)` changes the row.

    A row has the columns that the functions of its events say they change, or all. `key` turns a
    stream into the row's primary key. An *immediate* projection is written in the
    transaction of the events, and each of its rows belongs to one stream, whose head guards it;
    others follow in the worker. `version` is raised when the functions mean something new.
    `metadata` tells that they look at the events' metadata, which else are not read for a rebuild.
    `unsound` is a query that brings a sentence for what is wrong with a complete `{table}`.
    """

    def __init__(
        self,
        name: str,
        model: type[models.Model],
        *,
        key: Callable[[str], Any],
        immediate: bool = True,
        version: int = 1,
        metadata: bool = False,
        unsound: str = "",
    ) -> None:
        if name in _projections:
            raise ValueError(f"the projection name {name!r} is taken")
        self.name, self.table, self.immediate, self.version = name, Table(model), immediate, version
        self.metadata, self.unsound = metadata, unsound
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

    @cached_property
    def fingerprint(self) -> str:
        """What tells the code that makes its table from older and newer code."""
        kinds = (f"{c} {field.db_type(connection)}" for c, field in self.table.fields.items())
        return sha256(repr((self.version, self.immediate, *kinds)).encode()).hexdigest()

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
        new = {event.stream for event in events if self.begins_rows(event)}
        known = [event for event in events if event.stream not in new]
        return self._send(execute, known) if known else None

    def begins_rows(self, recorded: Recorded) -> bool:
        """Whether an event is the first one that can have to do with its rows."""
        return self.immediate and recorded.version == 1

    def fold(self, events: Sequence[Recorded], loaded: Loaded | None) -> Iterator[Statement]:
        """Hand each event its row, in order; the statements that write what came of it."""
        table = self.table
        part, found = loaded or (table.part(()), None)
        known = part.rows(found.fetchall()) if found else {}
        new: dict[Any, Any] = {}
        for recorded in events:
            for key in self.keys(recorded):
                row = known.get(key) or new.get(key)
                if row is None:
                    row = new[key] = self.blank(key)
                self.change(row, load(recorded), recorded)
        if new:
            yield table.upsert(list(new.values()))
        if known:
            yield part.update(list(known.values()))

    def _send(self, execute: Execute, events: Sequence[Recorded]) -> Loaded:
        changes = (self._changes[name] for name in {event.type for event in events})
        part = self.table.part(set[str]().union(*changes))
        keys = sorted({key for event in events for key in self.keys(event)})
        return part, execute(*part.select(keys))

    def keys(self, recorded: Recorded) -> Iterable[Any]:
        """The primary keys of the rows that an event changes."""
        return (self._key(recorded.stream),)

    def blank(self, key: Any) -> Any:
        """A row to which nothing has happened yet."""
        row = self.table.row()
        setattr(row, self.table.key, key)
        return row

    def change(self, row: Any, event: Any, recorded: Recorded) -> None:
        """Let an event change a row, by the function of its type."""
        self._functions[recorded.type](row, event, recorded)


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

    def keys(self, recorded: Recorded) -> Iterable[Any]:
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
        last = self.last(loaded)
        yield self.table.insert([self.row(recorded, last) for recorded in events])

    def row(self, recorded: Recorded, last: Last) -> Any:
        """The row of an event, which from now on is the last one."""
        row = self.begun(recorded, last)
        self.change(row, load(recorded), recorded)
        return row

    @cached_property
    def begun(self) -> Callable[[Recorded, Last], Any]:
        """What makes a row as it is before its function completes it.

        It is written for the projection once: loops over columns would be paid for by every event.
        """
        known: dict[str, Any] = {"blank": self.table.row, "key": self._key, "load": load}
        lines = ["def begun(recorded, last):", "    row = blank()"]
        lines += [f"    row.{self.table.key} = recorded.position"]
        lines += ["    event, first = load(recorded), key(recorded.stream)"]
        for n, (by, columns) in enumerate(self.carried.items()):
            known[f"by_{n}"] = by
            lines += [f"    row.{by[0]}, rows = first, last[by_{n}]"]
            lines += [f"    row.{name} = event.{name}" for name in by[1:]]
            lines += [f"    of = (first, {''.join(f'event.{name}, ' for name in by[1:])})"]
            lines += ["    before, rows[of] = rows.get(of), row"]
            lines += [f"    if before is not None: row.{c} = before.{c}" for c in columns]
        source = "\n".join([*lines, "    return row"])
        exec(source, known)  # noqa: S102  Made of the names of a table's own columns.
        return known["begun"]  # type: ignore[no-any-return]

    def _key_by(self, by: tuple[str, ...], recorded: Recorded, event: Any) -> tuple[Any, ...]:
        first = self._key(recorded.stream)
        return (first,) if len(by) == 1 else (first, *[getattr(event, name) for name in by[1:]])

    def _send(self, execute: Execute, events: Sequence[Recorded]) -> Loaded:
        return self.send_last(execute, events)

    def send_last(
        self, execute: Execute, events: Sequence[Recorded], known: Last | None = None
    ) -> Loaded:
        """Send the queries for what these events need of the last rows, if it is not known."""
        typed = [(recorded, load(recorded)) for recorded in events]
        wanted = {by: {self._key_by(by, *each) for each in typed} for by in self.carried}
        if known is not None:
            wanted = {by: keys - known[by].keys() for by, keys in wanted.items()}
        return {
            by: execute(*self.table.latest(by, sorted(keys), self.carried[by]))
            for by, keys in wanted.items()
        }

    def _held(self, keys: Collection[Any]) -> set[Any]:
        return self.table.held(())  # Its rows are only added: the table itself may be held.

    def last(self, loaded: Loaded | None = None) -> Last:
        """What the last row carries on: by columns, and by the values that it has there."""
        found: Last = {by: {} for by in self.carried}
        for by, rows in (loaded or {}).items():
            for fetched in rows.fetchall():
                values, row = self.table.values([*by, *self.carried[by]], fetched), self.table.row()
                _set(row, self.carried[by], values[len(by) :])
                found[by][tuple(values[: len(by)])] = row
        return found


def _set(row: Any, columns: Sequence[str], values: Sequence[Any]) -> None:
    for column, value in zip(columns, values, strict=False):
        setattr(row, column, value)


def projections(*, immediate: bool | None = None) -> list[Projection]:
    """All projections in the order of their names, or only the immediate or the eventual ones."""
    found = (_projections[name] for name in sorted(_projections))
    return [p for p in found if immediate is None or p.immediate == immediate]
