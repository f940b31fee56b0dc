"""Several statements in one round trip, on Django's own connection and in its transaction."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import count
from typing import Any, Protocol

import psycopg
from django.db import connection
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.generators import fetch_many, send
from psycopg.pq import ExecStatus, TransactionStatus

STALE = ("0A000", "26000")
"""What a prepared statement is answered with whose tables have changed, or that is not there."""
PREPARED = "daybook_prepared"
"""The connection's attribute that maps SQL, with its parameters' types, to its prepared name."""


_numbers = count()


class Rows(Protocol):
    """What a statement brings, once the block that sent it has ended."""

    def fetchall(self) -> list[tuple[Any, ...]]: ...


class Execute(Protocol):
    def __call__(self, sql: str, parameters: Sequence[Any] = ()) -> Rows: ...


@contextmanager
def pipeline() -> Iterator[Execute]:
    """Yields `execute(sql, parameters)`; what it brings may be fetched once the block has ended.

    Statements are sent when the block ends and run one after another, each on what the ones before
    it did; after an error the rest is not run. They are prepared on the server: Django's own
    cursors bind on the client, and psycopg's cost several times as much for each statement.
    """
    statements: list[_Statement] = []

    def execute(sql: str, parameters: Sequence[Any] = ()) -> Rows:
        statements.append(_Statement(sql, parameters))
        return statements[-1]

    yield execute
    if statements:
        connection.ensure_connection()
        raw = connection.connection
        with connection.wrap_database_errors, raw.lock:
            exchange = _Exchange(raw)
            for statement in statements:
                exchange.add(statement)
            raw.wait(exchange.run())


@dataclass(slots=True)
class _Statement:
    sql: str
    parameters: Sequence[Any]
    result: Any = None
    transformer: Any = field(default=None, repr=False)

    def fetchall(self) -> list[tuple[Any, ...]]:
        self.transformer.set_pgresult(self.result)
        return self.transformer.load_rows(0, self.result.ntuples, tuple)  # type: ignore[no-any-return]


class _Exchange:
    """What goes to the server in one go, each command with who takes its answer."""

    def __init__(self, raw: "psycopg.Connection[Any]") -> None:
        self._raw = raw
        self._known: dict[Any, bytes] = raw.__dict__.setdefault(PREPARED, {})
        self._transformer = Transformer(raw)
        self._commands: list[Callable[[], None]] = []
        self._takers: list[Callable[[Any], None]] = []
        if not raw.autocommit and raw.pgconn.transaction_status == TransactionStatus.IDLE:
            self._add(partial(raw.pgconn.send_query_params, _begin(raw), None), _ignore)

    def add(self, statement: _Statement) -> None:
        """Send this statement too, and before it, once for each connection, have it prepared."""
        statement.transformer, pgconn = self._transformer, self._raw.pgconn
        values = self._transformer.dump_sequence(
            statement.parameters, [PyFormat.AUTO] * len(statement.parameters)
        )
        types, formats = self._transformer.types or (), self._transformer.formats
        key = statement.sql, types
        name = self._known.get(key)
        if name is None:
            name = b"daybook_%d" % next(_numbers)
            prepare = partial(pgconn.send_prepare, name, _numbered(statement.sql), types)
            self._add(prepare, partial(_remember, self._known, key, name))
        execute = partial(pgconn.send_query_prepared, name, values, formats)
        self._add(execute, partial(setattr, statement, "result"))

    def _add(self, command: Callable[[], None], take: Callable[[Any], None]) -> None:
        self._commands.append(command)
        self._takers.append(take)

    def run(self) -> PQGen[None]:
        """Send all at once, and receive all; then the first error is raised."""
        pgconn = self._raw.pgconn
        received: list[list[Any]] = []
        pgconn.enter_pipeline_mode()
        try:
            for command in self._commands:
                command()
            pgconn.pipeline_sync()
            yield from send(pgconn)
            while len(received) <= len(self._takers):
                received.append((yield from fetch_many(pgconn)))
        finally:
            try:
                pgconn.exit_pipeline_mode()
            except psycopg.Error:  # Whose answers are whose can no longer be known.
                pgconn.finish()
        for (result, *_), take in zip(received, self._takers, strict=False):
            if result.status == ExecStatus.FATAL_ERROR:
                raise self._error(result)
            take(result)

    def _error(self, result: Any) -> psycopg.Error:
        error = psycopg.errors.error_from_result(result, encoding=self._raw.info.encoding)
        if error.sqlstate not in STALE:
            return error
        self._known.clear()
        again = psycopg.errors.SerializationFailure("the schema has changed: run this again")
        again.__cause__ = error
        return again


def _begin(raw: "psycopg.Connection[Any]") -> bytes:
    level = raw.isolation_level
    return b"BEGIN" if level is None else f"BEGIN ISOLATION LEVEL {_words(level.name)}".encode()


def _words(name: str) -> str:
    return name.replace("_", " ")


def _remember(known: dict[Any, bytes], key: Any, name: bytes, _: Any) -> None:
    known[key] = name


def _ignore(_: Any) -> None:
    """The answer to BEGIN says nothing."""


@lru_cache(maxsize=1_000)
def _numbered(sql: str) -> bytes:
    """`%s` as `$1`, `$2` …, as the server counts them."""
    first, *rest = sql.split("%s")
    text = first + "".join(f"${n}{part}" for n, part in enumerate(rest, 1))
    return text.replace("%%", "%").encode()
