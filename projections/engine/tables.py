"""A read table's SQL, made from its Django model: rows come and go in sets."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, make_dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeAlias

import orjson
from django.db import models, transaction

from eventstore import signals
from eventstore.columns import BigInts, Column, Texts, Uuids
from eventstore.heads import busy_when_locked
from eventstore.pipeline import pipeline
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
        self.fields = {str(field.column): field for field in model._meta.concrete_fields}
        self.columns = tuple(self.fields)
        self.kinds = {name: _kind(field) for name, field in self.fields.items()}
        self.key = str(model._meta.pk.column)
        self.needs_position = any(
            isinstance(field, Position | RecordedAt) for field in self.fields.values()
        )
        self._parts: dict[tuple[str, ...], Part] = {}

    @cached_property
    def row(self) -> type[Any]:
        """A plain class with the table's columns; a model instance costs ten times as much."""
        members = [
            (name, Any, field(default=_default(column))) for name, column in self.fields.items()
        ]
        return make_dataclass(self.model.__name__, members, slots=True)

    def part(self, columns: Collection[str]) -> "Part":
        """Some of the table's columns, loaded and changed by themselves."""
        asked = tuple(name for name in self.columns if name in columns and name != self.key)
        if asked not in self._parts:
            self._parts[asked] = Part(self, asked)
        return self._parts[asked]

    def latest(
        self, by: Sequence[str], keys: Sequence[Sequence[Any]], columns: Sequence[str]
    ) -> Statement:
        """For each key, which has a value for each column of `by`, its row with the highest
        primary key: what it has in `by`, and in these columns.
        """
        kinds = [self.kinds[column] for column in by]
        wanted = ", ".join(f"unnest(%s){k.cast} AS wanted{n}" for n, k in enumerate(kinds))
        matches = " AND ".join(f"{column} = wanted{n}" for n, column in enumerate(by))
        return (
            f"SELECT last.* FROM (SELECT {wanted}) AS keys CROSS JOIN LATERAL ("
            f"SELECT {self.output([*by, *columns])} FROM {self.name} WHERE {matches} "
            f"ORDER BY {self.key} DESC LIMIT 1) AS last",
            [kind.array(key[n] for key in keys) for n, kind in enumerate(kinds)],
        )

    def upsert(self, rows: Sequence[Any]) -> Statement:
        """Insert these rows, or give those that exist their new values."""
        return self._upsert, self.arrays(self.columns, rows)

    @cached_property
    def _upsert(self) -> str:
        updates = ", ".join(f"{c} = excluded.{c}" for c in self.columns if c != self.key)
        return f"{self._insert} ON CONFLICT ({self.key}) DO UPDATE SET {updates}"

    def insert(self, rows: Sequence[Any]) -> Statement:
        """Insert these rows; positions that are still ordinals are completed by SQL."""
        return self._insert, self.arrays(self.columns, rows)

    @cached_property
    def _insert(self) -> str:
        return (
            f"INSERT INTO {self.name} ({', '.join(self.columns)}) "
            f"SELECT {', '.join(map(self.expression, self.columns))} "
            f"FROM ({unnested(self.columns)}) AS new"
        )

    def held(self, keys: Collection[Any]) -> set[Any]:
        """Of these primary keys, those whose rows others hold; nothing is waited for, or kept.

        Raises:
            StoreBusy: somebody holds the whole table.
        """
        among = f"SELECT {self.key} FROM {self.name} WHERE {self.key} = ANY(%s)"
        with transaction.atomic(), busy_when_locked():
            with pipeline() as execute:
                execute(f"LOCK TABLE {self.name} IN ROW EXCLUSIVE MODE NOWAIT")
                there, free = (
                    execute(among + how, [self.kinds[self.key].array(keys)])
                    for how in ("", " FOR UPDATE SKIP LOCKED")
                )
            transaction.set_rollback(True)
        return {row[0] for row in there.fetchall()} - {row[0] for row in free.fetchall()}

    def values(self, columns: Iterable[str], fetched: Iterable[Any]) -> list[Any]:
        """What was fetched as `output` of these columns, as Python has it."""
        readers = (self.kinds[column].read for column in columns)
        return [
            value if reader is None or value is None else reader(value)
            for reader, value in zip(readers, fetched, strict=True)
        ]

    def output(self, columns: Iterable[str]) -> str:
        """SQL for these columns in a form that `values` reads."""
        return ", ".join(f"{c}::text" if self.kinds[c].read else c for c in columns)

    def expression(self, column: str, of: str = "") -> str:
        """SQL for a column's value, made of what `arrays` sent for it."""
        name, kind = f"{of}{column}", self.fields[column]
        if isinstance(kind, Position):
            return signals.position_of(name)
        if isinstance(kind, RecordedAt):
            # Without a row value it is this append's; coalesce does not look further than it must.
            return f"coalesce({name}::timestamptz, {signals.RECORDED_AT})"
        return f"{name}{self.kinds[column].cast}"

    def arrays(self, columns: Iterable[str], rows: Sequence[Any]) -> list[Column]:
        """The values that these rows have in these columns, column by column."""
        return [self._array(column, rows) for column in columns]

    def _array(self, column: str, rows: Sequence[Any]) -> Column:
        kind, values = self.kinds[column], map(attrgetter(column), rows)
        if kind.write is None:
            return kind.array(values)
        return kind.array(None if value is None else kind.write(value) for value in values)


class Part:
    """Some columns of a table: rows that have only these, beside their key."""

    def __init__(self, table: Table, columns: tuple[str, ...]) -> None:
        self._table = table
        self._columns = (table.key, *columns)
        members = [(name, Any) for name in self._columns]
        self._row = make_dataclass(table.model.__name__, members, slots=True)
        changed = [f"{name} = {table.expression(name, 'new.')}" for name in columns]
        self._select = (
            f"SELECT {table.output(self._columns)} FROM {table.name} WHERE {table.key} = ANY(%s)"
        )
        self._update = (
            f"UPDATE {table.name} AS live SET {', '.join(changed)} "
            f"FROM ({unnested(self._columns)}) AS new WHERE live.{table.key} = new.{table.key}"
        )

    def select(self, keys: Iterable[Any]) -> Statement:
        """The rows with these primary keys."""
        return self._select, [self._table.kinds[self._table.key].array(keys)]

    def rows(self, fetched: Iterable[Sequence[Any]]) -> dict[Any, Any]:
        """What `select` brought, by primary key."""
        read = self._table.values
        return {values[0]: self._row(*read(self._columns, values)) for values in fetched}

    def update(self, rows: Sequence[Any]) -> Statement:
        """Give these rows, which exist, their new values."""
        return self._update, self._table.arrays(self._columns, rows)


def unnested(columns: Iterable[str]) -> str:
    """SQL for rows made of the arrays of these columns."""
    return "SELECT " + ", ".join(f"unnest(%s) AS {column}" for column in columns)


def _default(column: AnyField) -> Any:
    return column.default if column.has_default() and not callable(column.default) else None
