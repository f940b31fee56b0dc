"""Loops of a worker: a step at a time, until told to stop."""

import logging
from collections.abc import Callable
from typing import Protocol

from django.db import connection

from eventstore.failures import UNANSWERED
from eventstore.wakeup import Wakeup

PAUSE = 1.0
"""Seconds after which is looked again though nothing was announced."""

log = logging.getLogger(__name__)


class Stop(Protocol):
    def is_set(self) -> bool: ...

    def wait(self, timeout: float, /) -> bool: ...


def work(step: Callable[[], float], stop: Stop, *, channel: str = "events") -> None:
    """Do steps until `stop` is set; a lost database connection is waited out.

    A step says after how many seconds the next is due, unless something is announced on the channel
    before.
    """
    with Wakeup(channel) as wakeup:
        while not stop.is_set():
            try:
                pause = step()
            except UNANSWERED as error:
                log.warning("The database does not answer, trying again: %s", error)
                connection.close()
                pause = PAUSE
            if pause:
                wakeup.wait(pause)
    connection.close()
