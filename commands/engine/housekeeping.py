"""The worker's loop for what is due now and then: holds to expire, e-mails, counts of requests."""

import logging

from django.db import InterfaceError, OperationalError, connection

from commands.engine.notifications import send_mails
from commands.engine.patterns import roll_up
from commands.engine.sweep import sweep
from eventstore.working import PAUSE, Stop

log = logging.getLogger(__name__)


def run(stop: Stop) -> None:
    """Keep house until `stop` is set."""
    pause = PAUSE
    while not stop.wait(pause):
        pause = PAUSE
        try:
            swept = sweep()
            send_mails()
            if roll_up() or swept:
                pause = 0
        except (OperationalError, InterfaceError) as error:
            log.warning("The database does not answer, trying again: %s", error)
            connection.close()
    connection.close()
