"""Who is to do what waits, and how far each has come."""

from collections.abc import Iterator

from django.conf import settings

from commands.engine import queries
from commands.webhooks import queries as webhooks_table
from config.doctor.lines import OK, PROBLEM, WARNING, Line
from config.management.commands.run_worker import WORKER
from eventstore.head_exports import unexported_seconds
from eventstore.listeners import status as of_listeners
from eventstore.listeners.status import Log, Status
from eventstore.sessions import introduced
from eventstore.terminal import span
from projections.engine import status as of_projections

LATE, TOO_LATE = 30.0, 600.0
"""Seconds after which what waits is worth a look, and after which something is wrong."""

WORKERS = "See that `manage.py run_worker` runs, and what it logs."


def workers() -> Iterator[Line]:
    """The workers that are connected to the database."""
    if found := introduced(WORKER):
        yield Line("workers", OK, f"{len(found)}: {', '.join(found)}")
    else:
        said = "none is connected: what waits is done by nobody"
        yield Line("workers", PROBLEM, said, "Run `manage.py run_worker`.")


def queue() -> Iterator[Line]:
    """How many requests wait that are due, and for how long."""
    many, oldest = queries.waiting()
    if not many:
        yield Line("queue", OK, "nothing waits")
        return
    said = f"{many:,} requests wait, the oldest for {span(oldest)}"
    state = _by_age(oldest)
    yield Line("queue", state, said, "" if state == OK else WORKERS)


def read_tables() -> Iterator[Line]:
    """How each read table stands."""
    for each in of_projections.statuses(Log.as_it_is()):
        yield _follower(each, "projections", f"Run `manage.py rebuild_projections {each.name}`.")


def listeners() -> Iterator[Line]:
    """How each listener stands."""
    for each in of_listeners.statuses():
        yield _follower(each, "listeners", WORKERS)


def webhooks() -> Iterator[Line]:
    """How endpoints fare, taken together."""
    states = webhooks_table.states()
    said = "{working} work, {failing} fail and are tried again, {off} are off".format(**states)
    if states["failing"] or states["off"]:
        do = "Look at their deliveries in the admin; docs/webhooks.md says what helps."
        yield Line("webhooks", WARNING, said, do)
    else:
        yield Line("webhooks", OK, said if states["working"] else "there are none")


def heads() -> Iterator[Line]:
    """Whether the log's heads are exported in time, where they are to be."""
    if not settings.DAYBOOK_HEADS_FOLDER:
        yield Line("heads", OK, "not exported: DAYBOOK_HEADS_FOLDER is not set")
        return
    seconds, most = unexported_seconds(), settings.DAYBOOK_HEADS_EVERY + TOO_LATE
    if seconds > most:
        said = f"an event of {span(seconds)} ago is in none that was exported"
        do = f"See that the worker can write to {settings.DAYBOOK_HEADS_FOLDER}."
        yield Line("heads", PROBLEM, said, do)
    else:
        yield Line("heads", OK, f"exported to {settings.DAYBOOK_HEADS_FOLDER}")


def _follower(of: Status, command: str, mend: str) -> Line:
    behind = f"{of.kind}, {of.lag} behind" if of.lag_events else f"{of.kind}, as far as the log"
    match of.state:
        case "stopped":
            return Line(
                of.name, PROBLEM, of.trouble,
                f"Mend what is wrong and `manage.py retry_event {of.name}`, or leave the event"
                f" out: `manage.py skip_event {of.name} --reason …`.",
            )  # fmt: skip
        case "outdated":
            do = f"Run `manage.py rebuild_projections {of.name}`."
            return Line(of.name, PROBLEM, f"other code made its table; {behind}", do)
        case "paused":
            do = f"When it may go on: `manage.py {command} resume {of.name} --reason …`."
            return Line(of.name, WARNING, f"paused; {behind}", do)
    if of.kind == "immediate" and of.lag_events:
        return Line(of.name, PROBLEM, behind, mend)
    if of.error:
        return Line(of.name, WARNING, f"{behind}; {of.error}", mend)
    state = _by_age(of.lag_seconds)
    return Line(of.name, state, behind, "" if state == OK else WORKERS)


def _by_age(seconds: float) -> str:
    return PROBLEM if seconds > TOO_LATE else WARNING if seconds > LATE else OK
