"""Several statements in one round trip, on Django's own connection and in its transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg
from django.db import connection


class Execute(Protocol):
    def __call__(self, sql: str, parameters: Sequence[Any] = ()) -> "psycopg.Cursor[Any]": ...


@contextmanager
def pipeline() -> Iterator[Execute]:
    """Yields `execute(sql, parameters)`; its cursors may be fetched from once the block has ended.

    Statements run one after another, each on what the ones before it did; after an error the rest
    is not run. They are prepared on the server: Django's own cursors bind on the client.
    """
    connection.ensure_connection()
    raw = connection.connection

    def execute(sql: str, parameters: Sequence[Any] = ()) -> "psycopg.Cursor[Any]":
        return psycopg.Cursor(raw).execute(sql, parameters, prepare=True)

    with connection.wrap_database_errors, raw.pipeline():
        yield execute
