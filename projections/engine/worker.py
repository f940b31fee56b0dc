"""The worker's loop for read tables: eventual projections follow the log until told to stop.

Those that staff want to have made anew it has made by a process beside it.
"""

import logging
from contextlib import suppress
from time import monotonic

from django.db import OperationalError

from eventstore.epoch import remember_head
from eventstore.listeners.pieces import in_turn
from eventstore.working import PAUSE, Stop, work
from projections.engine.follow import catch_up
from projections.engine.projector import projections
from projections.engine.rebuilds import Rebuilds
from projections.engine.standing import left_behind

log = logging.getLogger(__name__)

REMEMBER = 60.0
"""Seconds between two notes of the log's head outside of the database."""


def run(stop: Stop) -> None:
    """Follow the log until `stop` is set."""
    remembered, rebuilds = monotonic(), Rebuilds()

    def step() -> float:
        nonlocal remembered
        rebuilds.look()
        late = [*projections(immediate=False), *left_behind()]
        moved = in_turn(late, catch_up)
        if monotonic() - remembered > REMEMBER:
            _remember()
            remembered = monotonic()
        return 0 if moved else PAUSE

    with rebuilds:
        work(step, stop)
    with suppress(OperationalError):
        _remember()


def _remember() -> None:
    try:
        remember_head()
    except OSError as error:
        log.warning("The log's head is not noted outside of the database: %s", error)
