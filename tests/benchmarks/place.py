"""The database that all contenders write to: ours in a schema of its own, the others in another."""

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from tests.tree import ROOT

ACCOUNTS = 10_000
PEERS = "bench_peers"
OURS = "bench"

Made = TypeVar("Made")


def reach(role: str = "owner") -> dict[str, Any]:
    """psycopg's parameters for the benchmarks' database."""
    connection.ensure_connection()
    known = {**connection.settings_dict, **(settings.DATABASE_OWNER if role == "owner" else {})}
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host"}
    found = {ours: known[theirs] for theirs, ours in names.items()}
    return {**found, "port": known["PORT"] or 5432}


def in_peers_schema() -> dict[str, Any]:
    return {**reach(), "options": f"-c search_path={PEERS}"}


def empty_schema(name: str) -> None:
    """The schema, with nothing in it."""
    with psycopg.connect(**reach(), autocommit=True) as owner:
        schema = sql.Identifier(name)
        owner.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
        owner.execute(sql.SQL("CREATE SCHEMA {}").format(schema))


def has_schema(name: str) -> bool:
    with psycopg.connect(**reach()) as owner:
        found = owner.execute("SELECT FROM pg_namespace WHERE nspname = %s", [name])
        return bool(found.rowcount)


def migrate(schema: str) -> None:
    """Make Daybook's tables there."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT, env={**os.environ, "DAYBOOK_SCHEMA": schema}, check=True,
    )  # fmt: skip


class Apart:
    """A process of its own that has Daybook in one schema and does what it is asked."""

    def __init__(self, schema: str) -> None:
        with _environment(DAYBOOK_SCHEMA=schema):
            self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
            self._pool.submit(os.getpid).result()

    def do(self, work: Callable[..., Made], *arguments: Any) -> Made:
        return self._pool.submit(work, *arguments).result()

    def end(self) -> None:
        self._pool.shutdown()


@contextmanager
def apart(schema: str) -> Iterator[Apart]:
    process = Apart(schema)
    try:
        yield process
    finally:
        process.end()


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def two() -> tuple[int, int]:
    """Two accounts, from 1 on, that are not the same."""
    one = random.randint(1, ACCOUNTS)
    other = random.randint(1, ACCOUNTS - 1)
    return one, other + (other >= one)
