"""The worker's loop for what is due now and then.

Holds expire, standing orders run, requests are counted, and the log's head is exported.
"""

import logging

from django.db import connection

from commands.engine.patterns import roll_up
from commands.engine.sweep import sweep
from eventstore.failures import UNANSWERED
from eventstore.head_exports import Exports
from eventstore.working import PAUSE, Stop

log = logging.getLogger(__name__)


def run(stop: Stop) -> None:
    """Keep house until `stop` is set."""
    pause, exports = PAUSE, Exports()
    while not stop.wait(pause):
        pause = PAUSE
        try:
            swept = sweep()
            exports.when_due()
            if roll_up() or swept:
                pause = 0
        except UNANSWERED as error:
            log.warning("The database does not answer, trying again: %s", error)
            connection.close()
    connection.close()
