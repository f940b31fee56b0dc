"""Sessions of the server: one from beginning to end, whose each is, and what stands between.

What a session keeps from one transaction to the next, as advisory locks and temporary tables, a
transaction pooler would give to whoever comes next.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from psycopg.conninfo import conninfo_to_dict

NAMES = {"host": "HOST", "port": "PORT", "dbname": "NAME", "user": "USER", "password": "PASSWORD"}
"""What PostgreSQL's library calls it, and what Django does."""
LONGEST = 63
"""Of the name of an application PostgreSQL keeps so many bytes."""

NAMED = """
SELECT DISTINCT application_name FROM pg_stat_activity
WHERE datname = current_database() AND starts_with(application_name, %s) ORDER BY 1"""


@contextmanager
def one_session() -> Iterator[None]:
    """Within the block this thread's connection is one to DATABASE_SESSION_URL.

    Without that address nothing stands between, and the connection stays the same.
    """
    if not settings.DATABASE_SESSION_URL:
        yield
        return
    usual = connections[DEFAULT_DB_ALIAS]
    session = usual.copy()
    for name, value in conninfo_to_dict(settings.DATABASE_SESSION_URL).items():
        if name in NAMES:
            session.settings_dict[NAMES[name]] = value
        else:
            session.settings_dict["OPTIONS"][name] = value
    connections[DEFAULT_DB_ALIAS] = session
    try:
        yield
    finally:
        session.close()
        connections[DEFAULT_DB_ALIAS] = usual


def introduce(kind: str) -> None:
    """Let the sessions that this process opens from now on bear its kind, host and number."""
    name = f"{_prefix(kind)}{socket.gethostname()}:{os.getpid()}"
    connections.settings[DEFAULT_DB_ALIAS]["OPTIONS"]["application_name"] = name


def introduced(kind: str) -> list[str]:
    """The processes of a kind that have sessions now, each as `host:number`."""
    prefix = _prefix(kind)
    with connection.cursor() as cursor:
        cursor.execute(NAMED, [prefix[:LONGEST]])
        return [name.removeprefix(prefix) for (name,) in cursor.fetchall()]


def _prefix(kind: str) -> str:
    return f"daybook {settings.DAYBOOK_SCHEMA} {kind} "


def pooled() -> bool:
    """Whether a pooler stands between: it names another server process than the one that answers.

    The two numbers differ, because a pooler draws its own for whoever connects to it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        ((answers,),) = cursor.fetchall()
    return bool(connection.connection.info.backend_pid != answers)
