"""The database: which it is, what it keeps to, and whether the log is the one that was there."""

from collections.abc import Iterator

from django.conf import settings
from django.db import connection

from config.doctor.lines import OK, PROBLEM, WARNING, Line
from config.health import missing_migrations
from eventstore import epoch, head
from eventstore.server import may_change_events, unfit
from eventstore.sessions import one_session, pooled
from eventstore.terminal import size

ABOUT = """
SELECT current_setting('server_version'), current_user, pg_database_size(current_database())"""

PLAIN = "Set DATABASE_SESSION_URL to an address of the server itself."


def database() -> Iterator[Line]:
    """The server that answers, and the role it knows us as."""
    with connection.cursor() as cursor:
        cursor.execute(ABOUT)
        ((version, role, octets),) = cursor.fetchall()
    for wrong in unfit():
        yield Line("database", PROBLEM, wrong, "Change it in the server's configuration.")
    where = connection.settings_dict["HOST"] or "localhost"
    if settings.EMBEDDED:
        where = f"embedded in {settings.EMBEDDED.cluster.place}"
    version = version.split()[0]
    yield Line("database", OK, f"PostgreSQL {version}, {where}; role {role}; {size(octets)}")


def pooler() -> Iterator[Line]:
    """Whether something stands between, and LISTEN has a way around it."""
    if not pooled():
        yield Line("pooler", OK, "none")
    elif not settings.DATABASE_SESSION_URL:
        yield Line(
            "pooler", WARNING, "one stands between, and nobody can be woken through it", PLAIN
        )
    else:
        with one_session():
            through = pooled()
        if through:
            said = "one stands before DATABASE_SESSION_URL, too"
            yield Line("pooler", WARNING, said, PLAIN)
        else:
            yield Line("pooler", OK, "one stands between; sessions go around it")


def migrations() -> Iterator[Line]:
    """Whether the tables are those of the code."""
    for missing in missing_migrations():
        yield Line("migrations", PROBLEM, missing)
        return
    yield Line("migrations", OK, "all are done")


def roles() -> Iterator[Line]:
    """Whether the application could change what happened."""
    if may_change_events():
        yield Line(
            "roles", WARNING, "the application's role owns the events: only triggers protect them",
            "Name their owner in DATABASE_OWNER_URL and run `manage.py migrate`.",
        )  # fmt: skip
    else:
        yield Line("roles", OK, "the application may add events, and change none")


def log() -> Iterator[Line]:
    """Where the log ends, and whether that is the log that was there before."""
    for doubt in epoch.doubts():
        yield Line("log", PROBLEM, doubt, "Compare the log with a head that was exported: verify.")
        return
    now = head.current()
    last = f", the last at {now.recorded_at[:19]}Z" if now.recorded_at else ""
    yield Line("log", OK, f"{now.position:,} events in epoch {now.epoch}{last}")
