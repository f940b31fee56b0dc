"""Reading several tables at one position."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models, transaction

from eventstore.http import ViewBehind
from eventstore.store import latest_position
from projections.engine.models import LOST, ProjectionState
from projections.engine.projector import Projection, projections


@contextmanager
def snapshot(*tables: type[models.Model], least: int = 0) -> Iterator[int]:
    """A REPEATABLE READ, read-only transaction over these tables; yields the position it shows.

    That is the end of the log, or the position at which the first of them was left behind. The
    tables are locked before the snapshot is taken: a rebuilt table that is swapped in between the
    two would look empty. Inside an open `atomic()` it reads what that transaction sees.

    Raises:
        ViewBehind: the log has the position `least`, and not all of the tables do.
    """
    if connection.in_atomic_block:
        yield latest_position()
        return
    names = ", ".join(sorted(table._meta.db_table for table in tables))
    of_these = [each.name for each in projections(immediate=True) if each.table.model in tables]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; "
                f"LOCK TABLE {names} IN ACCESS SHARE MODE; "
                f"SELECT min(behind_since) FROM {ProjectionState._meta.db_table}"
                " WHERE name = ANY(%s)",
                [of_these],
            )
            while cursor.nextset():
                pass
            ((behind_since,),) = cursor.fetchall()
        head = latest_position()
        reached = head if behind_since is None else min(head, behind_since)
        if reached < least <= head:
            raise ViewBehind(reached)
        yield reached


def behind() -> list[str]:
    """What keeps the read tables from being as far as the log, a sentence each; empty is good."""
    states = {state.name: state for state in ProjectionState.objects.all()}
    pairs = [(each, states[each.name]) for each in projections() if each.name in states]
    return [said for projection, state in pairs if (said := _behind(projection, state))]


def _behind(projection: Projection, state: ProjectionState) -> str:
    name, rebuild = projection.name, f"rebuild_projections {projection.name}"
    if state.stopped_at is not None:
        mend = rebuild if projection.immediate else f"projections retry {name}, or skip"
        return (
            f"{name} stopped before position {state.stopped_at}; the worker's log says why."
            f" When that is mended: {mend}"
        )
    if state.fingerprint == LOST:
        return f"{name} was built from events that the log has lost: run {rebuild}"
    if state.version == 0:
        return f"{name} was never built: run {rebuild}"
    if state.version != projection.version:
        return (
            f"{name} was built by version {state.version}, the code is {projection.version}:"
            f" run {rebuild}"
        )
    if not state.is_of(projection.fingerprint):
        return f"{name} was built with other columns than the code has: run {rebuild}"
    if state.behind_since is not None:
        return f"{name} has the events up to {state.behind_since}; the worker brings the others"
    return ""


def consumer(name: str) -> str:
    """The name under which an eventual projection keeps its checkpoint in the store."""
    return f"projection.{name}"
