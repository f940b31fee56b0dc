"""Which code may write which read table: events of others wait for code that made the table.

During a deploy processes of two codes append. Who meets a table that other code made leaves it as
it is, from one position on for everybody, until a worker of that code has caught up.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

import psycopg
from django.db import OperationalError, connection

from eventstore.epoch import where_migrated
from eventstore.pipeline import Execute
from eventstore.store import checkpoint, latest_position, read_all
from projections.engine import gate
from projections.engine.models import LOST, ProjectionState
from projections.engine.projector import Projection, projections
from projections.engine.reading import consumer

log = logging.getLogger(__name__)

TABLE = ProjectionState._meta.db_table
STANDING = f"SELECT name, fingerprint, behind_since IS NOT NULL OR NOT immediate FROM {TABLE}"
FALL_BEHIND = f"UPDATE {TABLE} SET behind_since = %s WHERE name = ANY(%s) AND immediate"

NOBODY = "nobody"
"""The fingerprint of a table that was never made from the events."""

_met: set[str] = set()
"""Tables of other code that were met, and have to be marked by an append that is alone."""


def send(execute: Execute) -> Callable[[], set[str]]:
    """Pass the gate; what is returned tells which projections this append has to leave alone.

    That raises an `OperationalError` of the kind after which one tries again, when one of them
    has to be marked first.
    """
    alone = bool(_met)
    gate.send_pass(execute, alone=alone)
    rows = execute(STANDING)
    return lambda: _left_alone(rows.fetchall(), alone=alone)


def left_behind() -> list[Projection]:
    """Immediate projections that are not as far as the log."""
    states = ProjectionState.objects.filter(immediate=True, behind_since__isnull=False)
    names = set(states.values_list("name", flat=True))
    return [each for each in projections(immediate=True) if each.name in names]


def is_ours(projection: Projection) -> bool:
    """Whether the code at hand made the projection's table."""
    state = ProjectionState.objects.filter(name=projection.name).first()
    return state is None or (
        state.version == projection.version and state.is_of(projection.fingerprint)
    )


def note(projection: Projection) -> ProjectionState:
    """The projection's row; without one, the code at hand made its table."""
    made, _ = ProjectionState.objects.get_or_create(
        name=projection.name,
        defaults={
            "version": projection.version,
            "fingerprint": projection.fingerprint,
            "immediate": projection.immediate,
        },
    )
    return made


def note_new(**_: Any) -> None:
    """The receiver of `post_migrate`: note which code made the tables of which that is not known.

    That is the code at hand, unless a table was made by an older version, or is empty though it
    should not be.
    """
    for projection in projections():
        state = note(projection)
        if state.generation > 1 or state.fingerprint not in ("", projection.fingerprint):
            continue
        missed = read_all(types=projection.types, limit=1)
        empty = not projection.table.model._default_manager.exists()
        unmade = projection.immediate and missed and empty
        is_ours = state.version == projection.version and not unmade
        # Its first rebuild may have ended meanwhile, and those who append note what is behind.
        ProjectionState.objects.filter(name=state.name, generation=state.generation).update(
            version=state.version if is_ours else 0,
            fingerprint=projection.fingerprint if is_ours else NOBODY,
            immediate=projection.immediate,
        )


@where_migrated
def note_lost(**_: object) -> None:
    """The receiver of `epoch_raised`: note which tables have events that the log has no more."""
    states, end = list(ProjectionState.objects.all()), latest_position()
    for state in states:
        reached = state.behind_since if state.immediate else checkpoint(consumer(state.name))
        if (reached or 0) > end:
            lose(state.name)


def lose(name: str) -> None:
    """Note that a table has events that the log has no more: only a rebuild helps it."""
    log.error("%s was built from events that the log has lost", name)
    ProjectionState.objects.filter(name=name).update(fingerprint=LOST)


def _left_alone(rows: Iterable[tuple[Any, ...]], *, alone: bool) -> set[str]:
    ours = {each.name: each for each in projections(immediate=True)}
    waiting = {name for name, _, behind in rows if behind}
    foreign = {
        name
        for name, fingerprint, behind in rows
        if not behind and _is_foreign(ours.get(name), fingerprint)
    }
    if foreign and not alone:
        _met.update(foreign)
        said = f"other code made {', '.join(sorted(foreign))}: run this again"
        raise OperationalError(said) from psycopg.errors.SerializationFailure(said)
    if foreign:
        with connection.cursor() as cursor:
            cursor.execute(FALL_BEHIND, [latest_position(), sorted(foreign)])
    _met.clear()
    return waiting | foreign


def _is_foreign(ours: Projection | None, fingerprint: str) -> bool:
    """Whether other code made the table; where that was not noted, this code did."""
    return ours is None or bool(fingerprint and fingerprint != ours.fingerprint)
