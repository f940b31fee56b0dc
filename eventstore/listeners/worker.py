"""The worker's loop for listeners: they follow the log until told to stop."""

from eventstore.listeners.following import follow
from eventstore.listeners.listener import Listener, listeners
from eventstore.listeners.pieces import in_turn
from eventstore.models import Checkpoint
from eventstore.reading import latest_position
from eventstore.working import PAUSE, Stop, work


def run(stop: Stop) -> None:
    """Follow the log until `stop` is set."""
    work(lambda: 0 if step() else PAUSE, stop)


def step() -> int:
    """Let each listener that is not as far as the log do what is next; how far they moved."""
    return in_turn(behind(), follow)


def behind() -> list[Listener]:
    """The listeners that are not as far as the log."""
    head, reached = latest_position(), dict(Checkpoint.objects.values_list("consumer", "position"))
    return [each for each in listeners() if reached.get(each.consumer, 0) < head]
