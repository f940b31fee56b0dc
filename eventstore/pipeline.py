"""Several statements in one round trip, on Django's own connection and in its transaction."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import count
from typing import Any, Protocol

import psycopg
from django.db import connection
from psycopg.adapt import PyFormat, Transformer
from psycopg.generators import fetch_many, pipeline_communicate
from psycopg.pq import ExecStatus, TransactionStatus

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
            raw.wait(_exchange(raw, statements))


@dataclass(slots=True)
class _Statement:
    sql: str
    parameters: Sequence[Any]
    result: Any = None
    transformer: Any = field(default=None, repr=False)

    def fetchall(self) -> list[tuple[Any, ...]]:
        self.transformer.set_pgresult(self.result)
        return self.transformer.load_rows(0, self.result.ntuples, tuple)  # type: ignore[no-any-return]


def _exchange(raw: "psycopg.Connection[Any]", statements: Sequence[_Statement]) -> Any:
    """Send all, then receive all; the first error is raised when everything has been received."""
    pgconn, transformer = raw.pgconn, Transformer(raw)
    known: dict[Any, bytes] = raw.__dict__.setdefault(PREPARED, {})
    commands: deque[Callable[[], None]] = deque()
    takers: list[Callable[[Any], None]] = []

    def send(command: Callable[[], None], take: Callable[[Any], None]) -> None:
        commands.append(command)
        takers.append(take)

    if not raw.autocommit and pgconn.transaction_status == TransactionStatus.IDLE:
        send(partial(pgconn.send_query_params, _begin(raw), None), _ignore)
    for statement in statements:
        statement.transformer = transformer
        values = transformer.dump_sequence(
            statement.parameters, [PyFormat.AUTO] * len(statement.parameters)
        )
        types, formats = transformer.types or (), transformer.formats
        name = known.get((statement.sql, types))
        if name is None:
            name = b"daybook_%d" % next(_numbers)
            prepare = partial(pgconn.send_prepare, name, _numbered(statement.sql), types)
            send(prepare, partial(_remember, known, (statement.sql, types), name))
        send(
            partial(pgconn.send_query_prepared, name, values, formats),
            partial(setattr, statement, "result"),
        )
    commands.append(pgconn.pipeline_sync)
    pgconn.enter_pipeline_mode()
    try:
        received = yield from pipeline_communicate(pgconn, commands)
        while len(received) <= len(takers):
            received.append((yield from fetch_many(pgconn)))
    finally:
        with suppress(psycopg.Error):  # What made the connection unusable is raised already.
            pgconn.exit_pipeline_mode()
    for (result, *_), take in zip(received, takers, strict=False):
        if result.status == ExecStatus.FATAL_ERROR:
            raise psycopg.errors.error_from_result(result, encoding=raw.info.encoding)
        take(result)


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
