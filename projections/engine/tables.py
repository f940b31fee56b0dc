"""A read table's SQL, made from its Django model: rows come and go in sets."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, make_dataclass
from functools import cached_property
from typing import Any, TypeAlias

import orjson
from django.db import models

from eventstore import signals
from eventstore.columns import BigInts, Column, Texts, Uuids
from projections.engine.fields import Position, RecordedAt, Total

Statement = tuple[str, list[Any]]
AnyField: TypeAlias = "models.Field[Any, Any]"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How values of one kind of field travel: as which array, cast how, read how."""

    array: type[Column]
    cast: str = ""
    write: Callable[[Any], Any] | None = None
    read: Callable[[Any], Any] | None = None


_KINDS: list[tuple[type[Any], _Kind]] = [
    (models.JSONField, _Kind(Texts, "::json", orjson.dumps, orjson.loads)),
    (Total, _Kind(Texts, "::numeric", None, int)),
    (models.UUIDField, _Kind(Uuids)),
    (models.DateTimeField, _Kind(Texts, "::timestamptz")),
    (models.DateField, _Kind(Texts, "::date")),
    (models.IntegerField, _Kind(BigInts)),
    (models.CharField, _Kind(Texts)),
    (models.TextField, _Kind(Texts)),
]


def _kind(column: AnyField) -> _Kind:
    for of, kind in _KINDS:
        if isinstance(column, of):
            return kind
    raise TypeError(f"{column}: no read table has had a {type(column).__name__} yet")


class Table:
    """One read table: its row class, and statements over many rows at once."""

    def __init__(self, model: type[models.Model], name: str = "") -> None:
        self.model = model
        self.name: str = name or model._meta.db_table
        self.fields = list(model._meta.concrete_fields)
        self.columns = [str(column.column) for column in self.fields]
        self.kinds = [_kind(column) for column in self.fields]
        self.key = str(model._meta.pk.column)
        self.key_index = self.columns.index(self.key)
        self._json = [str(f.column) for f in self.fields if isinstance(f, models.JSONField)]
        self._kind_of = dict(zip(self.columns, self.kinds, strict=True))
        self.needs_position = any(isinstance(f, Position | RecordedAt) for f in self.fields)

    @cached_property
    def row(self) -> type[Any]:
        """A plain class with the table's columns; a model instance costs ten times as much."""
        members = [
            (name, Any, field(default=_default(column)))
            for name, column in zip(self.columns, self.fields, strict=True)
        ]
        return make_dataclass(self.model.__name__, members, slots=True)

    def select(self, keys: Iterable[Any]) -> Statement:
        """The rows with these primary keys."""
        return self._select, [self._kind_of[self.key].array(keys)]

    @cached_property
    def _select(self) -> str:
        return f"SELECT {self._output(self.columns)} FROM {self.name} WHERE {self.key} = ANY(%s)"

    def latest(self, by: str, keys: Iterable[Any], columns: Sequence[str]) -> Statement:
        """For each key, it and these columns of its row with the highest primary key."""
        return (
            f"SELECT last.* FROM (SELECT unnest(%s) AS wanted) AS keys CROSS JOIN LATERAL ("
            f"SELECT {self._output([by, *columns])} FROM {self.name} WHERE {by} = wanted "
            f"ORDER BY {self.key} DESC LIMIT 1) AS last",
            [self._kind_of[by].array(keys)],
        )

    def upsert(self, rows: Sequence[Any]) -> Statement:
        """Insert these rows, or give those that exist their new values."""
        return self._upsert, self._arrays(self.columns, rows)

    @cached_property
    def _upsert(self) -> str:
        updates = ", ".join(f"{c} = excluded.{c}" for c in self.columns if c != self.key)
        return f"{self._insert} ON CONFLICT ({self.key}) DO UPDATE SET {updates}"

    def insert(self, rows: Sequence[Any]) -> Statement:
        """Insert these rows; positions that are still ordinals are completed by SQL."""
        return self._insert, self._arrays(self.columns, rows)

    @cached_property
    def _insert(self) -> str:
        return (
            f"INSERT INTO {self.name} ({', '.join(self.columns)}) "
            f"SELECT {', '.join(map(self._expression, self.fields, self.kinds))} "
            f"FROM ({_unnested(self.columns)}) AS new"
        )

    def update(self, rows: Sequence[Any], columns: Sequence[str]) -> Statement:
        """Give these rows, which exist, their new values in these columns."""
        values = ", ".join(
            f"{column.column} = {self._expression(column, kind, 'new.')}"
            for column, kind in zip(self.fields, self.kinds, strict=True)
            if column.column in columns
        )
        sent = [self.key, *columns]
        return (
            f"UPDATE {self.name} AS live SET {values} FROM ({_unnested(sent)}) AS new "
            f"WHERE live.{self.key} = new.{self.key}",
            self._arrays(sent, rows),
        )

    def changed(self, fetched: Iterable[Sequence[Any]], rows: Iterable[Any]) -> list[str]:
        """The columns in which any of these rows is not what the database has."""
        found = set[str]()
        for values, row in zip(fetched, rows, strict=True):
            before = self.row_of(values)
            if row != before:
                found |= {c for c in self.columns if getattr(row, c) != getattr(before, c)}
            # To Python 1 and true are the same, to JSON they are not.
            found |= {c for c in self._json if _json(row, c) != _json(before, c)}
        return [column for column in self.columns if column in found]

    def row_of(self, values: Sequence[Any]) -> Any:
        """What `select` brought of a row, as a row of its own."""
        read = list(values)
        for index, reader in self._readers:
            if read[index] is not None:
                read[index] = reader(read[index])
        return self.row(*read)

    @cached_property
    def _readers(self) -> list[tuple[int, Callable[[Any], Any]]]:
        return [(index, kind.read) for index, kind in enumerate(self.kinds) if kind.read]

    def values(self, columns: Sequence[str], fetched: Sequence[Any]) -> list[Any]:
        """What `latest` brought of these columns, as Python has it."""
        readers = (self._kind_of[column].read for column in columns)
        return [
            reader(value) if reader and value is not None else value
            for reader, value in zip(readers, fetched, strict=True)
        ]

    def _output(self, columns: Iterable[str]) -> str:
        return ", ".join(f"{c}::text" if self._kind_of[c].read else c for c in columns)

    def _arrays(self, columns: Sequence[str], rows: Sequence[Any]) -> list[Column]:
        return [self._array(column, rows) for column in columns]

    @staticmethod
    def _expression(column: AnyField, kind: _Kind, of: str = "") -> str:
        name = f"{of}{column.column}"
        if isinstance(column, Position):
            return signals.position_of(name)
        if isinstance(column, RecordedAt):
            # Without a row value it is this append's; coalesce does not look further than it must.
            return f"coalesce({name}::timestamptz, {signals.RECORDED_AT})"
        return f"{name}{kind.cast}"

    def _array(self, column: str, rows: Sequence[Any]) -> Column:
        kind = self._kind_of[column]
        values = [getattr(row, column) for row in rows]
        if kind.write:
            values = [None if v is None else kind.write(v) for v in values]
        return kind.array(values)


def _json(row: Any, column: str) -> bytes:
    return orjson.dumps(getattr(row, column))


def _unnested(columns: Iterable[str]) -> str:
    return "SELECT " + ", ".join(f"unnest(%s) AS {column}" for column in columns)


def _default(column: AnyField) -> Any:
    return column.default if column.has_default() and not callable(column.default) else None
