"""Second connections, and waiting for what the database itself reports instead of for luck."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection
from psycopg.pq import TransactionStatus

from eventstore import threads

PATIENCE = 20.0

HEAD = "SELECT FROM eventstore_stream WHERE name = 'account-{}' FOR UPDATE"
"""Holds an account, as another process or somebody at psql would."""
KEY_LOCK = """
SELECT pg_advisory_xact_lock(
    hashtextextended('daybook.key ' || current_schema() || ' ' || %s::uuid || ' ' || %s, 0))"""
"""Holds a user's idempotency key, as a process would that decides a request with it."""


@contextmanager
def another_connection(beside: str = "") -> Iterator[psycopg.Connection[Any]]:
    """A connection of its own to the test database, in a transaction until it is closed.

    Or to one beside it, whose name goes on with this.
    """
    parameters = connection.get_connection_params()
    parameters["dbname"] += beside
    for ours in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(ours, None)
    other = psycopg.connect(**parameters)
    try:
        yield other
    finally:
        # What it held is free when this is over, not only when its process has gone.
        if other.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            with suppress(psycopg.OperationalError):
                other.rollback()
        other.close()


def database_url(beside: str = "") -> str:
    """The address of the test database, or of one beside it; its host may be a socket's folder."""
    settings = connection.settings_dict
    name, host, port = settings["NAME"] + beside, settings["HOST"], settings["PORT"] or 5432
    if host.startswith("/"):
        host, name = "", f"/{quote(host)}/{name}"
    user = f"{quote(settings['USER'])}:{quote(settings['PASSWORD'])}"
    return f"postgres://{user}@{host}:{port}/{name}"


def until(
    happened: Callable[[], Any], what: str = "what was waited for", seconds: float = PATIENCE
) -> Any:
    """What `happened` gives once it is true; fails when that does not come in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = happened()
        if found:
            return found
        threading.Event().wait(0.005)
    raise AssertionError(f"{what} did not happen in {seconds} s")


def blocked(kind: str) -> Callable[[], bool]:
    """Whether some backend of this database waits for a lock of this kind."""

    def look() -> bool:
        with another_connection() as other:
            (count,) = other.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock' AND wait_event = %s",
                [kind],
            ).fetchone() or (0,)
        return bool(count)

    return look


@contextmanager
def hops_in_one_thread() -> Iterator[None]:
    """What an event loop of the test itself asks a thread for; its connection is given back."""
    with ThreadPoolExecutor(1) as pool, pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "POOL", pool)
        try:
            yield
        finally:
            pool.submit(lambda: connection.close()).result()


class InThread:
    """Run a function in a thread with its own Django connection; `result()` joins and re-raises."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function, self._value, self._error = function, None, None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._value = self._function()
        except BaseException as error:
            self._error = error
        finally:
            connection.close()

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def result(self) -> Any:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the thread did not end"
        if self._error is not None:
            raise self._error
        return self._value
