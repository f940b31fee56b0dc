"""Emptying the database after a test that committed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import TransactionTestCase

MIGRATED = [
    model._meta.db_table for model in (ContentType, Permission, Group, Group.permissions.through)
]
"""What is filled after each migration; to do that again takes longer than most tests."""


@contextmanager
def quickly_emptied() -> Iterator[None]:
    """Django's own way between tests, but that what was migrated stays until a test changes it."""
    thoroughly = TransactionTestCase._fixture_teardown
    migrated = _migrated()

    def empty(test: TransactionTestCase) -> None:
        nonlocal migrated
        if _migrated() == migrated:
            _truncate()
        else:
            thoroughly(test)
            migrated = _migrated()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


def _migrated() -> Any:
    rows = " UNION ALL ".join(f"SELECT t::text AS row FROM {table} t" for table in MIGRATED)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT string_agg(row, ' ' ORDER BY row) FROM ({rows}) AS migrated")
        return cursor.fetchone()


def _truncate() -> None:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(set(tables) - set(MIGRATED))}")
