"""The worker's loop: eventual projections follow the log until told to stop."""

import logging
from contextlib import suppress
from time import monotonic
from typing import Protocol

from django.db import OperationalError, connection

from eventstore.epoch import remember_head
from eventstore.wakeup import Wakeup
from projections.engine.follow import catch_up
from projections.engine.projector import projections

log = logging.getLogger(__name__)

PAUSE = 1.0
"""Seconds between looks at the log when nothing wakes the worker."""

REMEMBER = 60.0
"""Seconds between two notes of the log's head outside of the database."""


class Stop(Protocol):
    def is_set(self) -> bool: ...


def run(stop: Stop) -> None:
    """Follow the log until `stop` is set; a lost database connection is waited out."""
    remembered = monotonic()
    with Wakeup() as wakeup:
        while not stop.is_set():
            try:
                moved = sum(catch_up(projection) for projection in projections(immediate=False))
                if monotonic() - remembered > REMEMBER:
                    _remember()
                    remembered = monotonic()
            except OperationalError as error:
                log.warning("The database does not answer, trying again: %s", error)
                connection.close()
                moved = 0
            if not moved:
                wakeup.wait(PAUSE)
        with suppress(OperationalError):
            _remember()
    connection.close()


def _remember() -> None:
    try:
        remember_head()
    except OSError as error:
        log.warning("The log's head is not noted outside of the database: %s", error)
