"""One session of the server from beginning to end, also where a transaction pooler stands between.

What a session keeps from one transaction to the next, as advisory locks and temporary tables, such
a pooler would give to whoever comes next.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.conninfo import conninfo_to_dict

NAMES = {"host": "HOST", "port": "PORT", "dbname": "NAME", "user": "USER", "password": "PASSWORD"}
"""What PostgreSQL's library calls it, and what Django does."""


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
