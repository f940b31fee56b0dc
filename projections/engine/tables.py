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
        self.needs_position = any(isinstance(f, Position | RecordedAt) for f in self.fields)

    @cached_property
    def row(self) -> type[Any]:
        """A plain class with the table's columns; a model instance costs ten times as much."""
        members = [
            (name, Any, field(default=_default(column)))
            for name, column in zip(self.columns, self.fields, strict=True)
        ]
        return make_dataclass(self.model.__name__, members, slots=True)

    def select(self, column: str, keys: Iterable[Any]) -> Statement:
        """The rows whose column is one of the keys."""
        kind = self.kinds[self.columns.index(column)]
        return (
            f"SELECT {self._output()} FROM {self.name} WHERE {column} = ANY(%s)",
            [kind.array(keys)],
        )

    def latest(self, column: str, keys: Iterable[Any]) -> Statement:
        """For each key, its row with the highest primary key."""
        kind = self.kinds[self.columns.index(column)]
        return (
            f"SELECT last.* FROM (SELECT unnest(%s) AS wanted) AS keys CROSS JOIN LATERAL ("
            f"SELECT {self._output()} FROM {self.name} WHERE {column} = wanted "
            f"ORDER BY {self.key} DESC LIMIT 1) AS last",
            [kind.array(keys)],
        )

    def upsert(self, rows: Sequence[Any]) -> Statement:
        """Insert these rows, or give those that exist their new values."""
        updates = ", ".join(f"{c} = excluded.{c}" for c in self.columns if c != self.key)
        sql, parameters = self.insert(rows)
        return f"{sql} ON CONFLICT ({self.key}) DO UPDATE SET {updates}", parameters

    def insert(self, rows: Sequence[Any]) -> Statement:
        """Insert these rows; positions that are still ordinals are completed by SQL."""
        names = ", ".join(self.columns)
        arrays = ", ".join(f"unnest(%s) AS {column}" for column in self.columns)
        return (
            f"INSERT INTO {self.name} ({names}) "
            f"SELECT {self._input()} FROM (SELECT {arrays}) AS new",
            [self._array(i, rows) for i in range(len(self.columns))],
        )

    def rows(self, fetched: Iterable[Sequence[Any]]) -> list[Any]:
        """What `select` or `latest` brought, as rows."""
        readers = [(i, kind.read) for i, kind in enumerate(self.kinds) if kind.read]
        found = []
        for values in fetched:
            values = list(values)
            for i, read in readers:
                if values[i] is not None:
                    values[i] = read(values[i])
            found.append(self.row(*values))
        return found

    def _output(self) -> str:
        return ", ".join(
            f"{column}::text" if kind.read else column
            for column, kind in zip(self.columns, self.kinds, strict=True)
        )

    def _input(self) -> str:
        return ", ".join(map(self._expression, self.fields, self.kinds))

    @staticmethod
    def _expression(column: AnyField, kind: _Kind) -> str:
        if isinstance(column, Position):
            return signals.position_of(str(column.column))
        if isinstance(column, RecordedAt):
            # Without a row value it is this append's; coalesce does not look further than it must.
            return f"coalesce({column.column}::timestamptz, {signals.RECORDED_AT})"
        return f"{column.column}{kind.cast}"

    def _array(self, index: int, rows: Sequence[Any]) -> Column:
        column, kind = self.columns[index], self.kinds[index]
        values = [getattr(row, column) for row in rows]
        if kind.write:
            values = [None if v is None else kind.write(v) for v in values]
        return kind.array(values)


def _default(column: AnyField) -> Any:
    return column.default if column.has_default() and not callable(column.default) else None
