"""Everything that an operator looks at, a line each."""

from collections.abc import Callable, Iterator

from django.db import DatabaseError, connection

from config.doctor import place, server, work
from config.doctor.lines import PROBLEM, Line
from eventstore.errors import first_line

Look = Callable[[], Iterator[Line]]

AT_THE_MACHINE: tuple[Look, ...] = (place.deployed, place.disk)
AT_THE_SERVER: tuple[Look, ...] = (server.database, server.pooler, server.migrations)
AT_THE_TABLES: tuple[Look, ...] = (
    server.roles, server.log, work.workers, work.queue, work.read_tables, work.listeners,
    work.webhooks, work.heads, place.last_verified, place.clock,
)  # fmt: skip


def examine() -> Iterator[Line]:
    """Look at everything; what cannot be looked at is a problem, and hides nothing else.

    Tables are left alone where they are not those of the code.
    """
    for look in AT_THE_MACHINE:
        yield from look()
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        said = f"it does not answer: {first_line(error)}"
        yield Line("database", PROBLEM, said, "Start it, or see DATABASE_URL.")
        return
    found = [line for look in AT_THE_SERVER for line in _looked(look)]
    yield from found
    if all(line.state != PROBLEM for line in found):
        for look in AT_THE_TABLES:
            yield from _looked(look)


def _looked(look: Look) -> Iterator[Line]:
    try:
        yield from look()
    except DatabaseError as error:
        name = look.__name__.replace("_", " ")
        yield Line(name, PROBLEM, f"it cannot be looked at: {first_line(error)}")
