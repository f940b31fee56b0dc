"""Reading several tables at one position."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models, transaction

from eventstore.store import latest_position
from projections.engine.models import ProjectionState
from projections.engine.projector import projections


@contextmanager
def snapshot(*tables: type[models.Model]) -> Iterator[int]:
    """A REPEATABLE READ, read-only transaction over these tables; yields the position it shows.

    The tables are locked before the snapshot is taken: a rebuilt table that is swapped in between
    the two would look empty. Inside an open `atomic()` it reads what that transaction sees.
    """
    if connection.in_atomic_block:
        yield latest_position()
        return
    names = ", ".join(sorted(table._meta.db_table for table in tables))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; "
                f"LOCK TABLE {names} IN ACCESS SHARE MODE"
            )
        yield latest_position()


def behind() -> list[str]:
    """What keeps the read tables from being as far as the log, a sentence each; empty is good."""
    states = {state.name: state for state in ProjectionState.objects.all()}
    sentences = []
    for projection in projections():
        state = states.get(projection.name)
        if state is not None and state.stopped_at is not None:
            sentences.append(
                f"{projection.name} stopped before position {state.stopped_at}; the worker's log"
                f" says why. When that is mended: rebuild_projections {projection.name}"
            )
        elif state is not None and state.version != projection.version:
            sentences.append(
                f"{projection.name} was built by version {state.version}, the code is "
                f"{projection.version}: run rebuild_projections {projection.name}"
            )
    return sentences


def consumer(name: str) -> str:
    """The name under which an eventual projection keeps its checkpoint in the store."""
    return f"projection.{name}"
