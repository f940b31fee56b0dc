"""The worker's loop for listeners: they follow the log until told to stop."""

from eventstore.listeners.following import follow
from eventstore.listeners.listener import Listener, listeners
from eventstore.models import Checkpoint
from eventstore.reading import latest_position
from eventstore.working import PAUSE, Stop, work


def run(stop: Stop) -> None:
    """Follow the log until `stop` is set; a listener that fails holds up no other."""
    work(lambda: 0 if sum(follow(each) for each in behind()) else PAUSE, stop)


def behind() -> list[Listener]:
    """The listeners that are not as far as the log."""
    head, reached = latest_position(), dict(Checkpoint.objects.values_list("consumer", "position"))
    return [each for each in listeners() if reached.get(each.consumer, 0) < head]
