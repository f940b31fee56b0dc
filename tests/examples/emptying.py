"""Emptying the database after a test that committed."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import TransactionTestCase

ROWS = "SELECT jsonb_agg(t)::text FROM {table} t"
INSERT = """
INSERT INTO {table} OVERRIDING SYSTEM VALUE
SELECT * FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)"""
HALF_MADE = r"""
SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'next\_%'"""
"""Tables of rebuilds that were refused: the next one would begin with them."""


@contextmanager
def quickly_emptied() -> Iterator[None]:
    """Between tests, what Django's `flush` makes anew is put back as it was.

    To make permissions and groups takes longer than most tests.
    """
    call_command("flush", verbosity=0, interactive=False)
    flushed = {table: rows for table in _tables() if (rows := _rows(table))}

    def empty(_: TransactionTestCase) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(HALF_MADE)
            for (table,) in cursor.fetchall():
                cursor.execute(f"DROP TABLE {table}")
            cursor.execute(f"TRUNCATE {', '.join(_tables())}")
            for table, rows in flushed.items():
                cursor.execute(INSERT.format(table=table), [rows])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


def _tables() -> list[str]:
    return connection.introspection.django_table_names(only_existing=True, include_views=False)


def _rows(table: str) -> str | None:
    """All rows of a table as JSON; None when there are none."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS.format(table=table))
        (rows,) = cursor.fetchone()
    return rows
