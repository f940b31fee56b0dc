"""The worker's loop for what is due now and then: e-mails to those who have not seen something."""

import logging

from django.db import InterfaceError, OperationalError, connection

from commands.engine.notifications import send_mails
from eventstore.working import PAUSE, Stop

log = logging.getLogger(__name__)


def run(stop: Stop) -> None:
    """Keep house until `stop` is set."""
    while not stop.wait(PAUSE):
        try:
            send_mails()
        except (OperationalError, InterfaceError) as error:
            log.warning("The database does not answer, trying again: %s", error)
            connection.close()
    connection.close()
