"""The worker's loop for listeners: they follow the log until told to stop."""

import logging

from django.db import connection

from eventstore.listeners.following import follow
from eventstore.listeners.listener import Listener, listeners
from eventstore.models import Checkpoint
from eventstore.reading import latest_position
from eventstore.working import PAUSE, Stop, work

log = logging.getLogger(__name__)


def run(stop: Stop) -> None:
    """Follow the log until `stop` is set."""
    work(step, stop)


def step() -> float:
    """Let each listener do what is next for it; after how many seconds to come again.

    One that fails holds up no other, whatever it is: it is tried again.
    """
    moved = 0
    for each in behind():
        try:
            moved += follow(each)
        except Exception:
            log.exception("%s failed, it is tried again", each.name)
            connection.close()
    return 0 if moved else PAUSE


def behind() -> list[Listener]:
    """The listeners that are not as far as the log."""
    head, reached = latest_position(), dict(Checkpoint.objects.values_list("consumer", "position"))
    return [each for each in listeners() if reached.get(each.consumer, 0) < head]
