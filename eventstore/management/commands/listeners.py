"""How listeners stand, and what an operator may do with them."""

from collections.abc import Iterable, Mapping
from typing import Any

from eventstore.listeners.listener import Listener, listeners
from eventstore.listeners.status import Status, status_of
from eventstore.listeners.steering import ACTIONS, intervene
from eventstore.listeners.steering_command import SteeringCommand

EXAMPLE = """Example:
  python manage.py listeners
  python manage.py listeners skip sweep --position 812 --reason "Known defect"
  python manage.py listeners replay low_balance --position 0 --reason "Mail was down" """


class Command(SteeringCommand):
    help = (
        "List listeners with how far behind the log they are, or intervene in one: retry the event"
        " it stopped before, skip that event, pause, resume, or replay all events after a position:"
        " what was done for an event already is not done twice. Who did it and why is kept.\n\n"
        f"{EXAMPLE}"
    )
    kind, plural, actions = "listener", "listeners", ACTIONS

    def knows(self) -> Mapping[str, Listener]:
        return {each.name: each for each in listeners()}

    def stand(self) -> Iterable[Status]:
        return [status_of(each) for each in listeners()]

    def intervene(self, of: Listener, action: str, **about: Any) -> None:
        intervene(of, action, **about)
