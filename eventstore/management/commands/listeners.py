"""How listeners stand, and what an operator may do with them."""

from collections.abc import Iterable, Mapping
from typing import Any

from eventstore.listeners.listener import Listener, listeners
from eventstore.listeners.status import Status, statuses
from eventstore.listeners.steering import ACTIONS, intervene
from eventstore.listeners.steering_command import SteeringCommand
from eventstore.listeners.worker import step

FOLLOW = "follow"
EXAMPLE = """Example:
  python manage.py listeners
  python manage.py listeners follow
  python manage.py listeners skip sweep --position 812 --reason "Known defect"
  python manage.py listeners replay low_balance --position 0 --reason "Mail was down" """


class Command(SteeringCommand):
    help = (
        "List listeners with how far behind the log they are, or intervene in one: retry the event"
        " it stopped before, skip that event, pause, resume, or replay all events after a position:"
        " what was done for an event is not done twice, but what `forget_requests` has deleted is"
        " told again. Who did it and why is kept."
        " `follow` lets all come as far as the log, as the worker does all the time.\n\n"
        f"{EXAMPLE}"
    )
    kind, plural, actions, others = "listener", "listeners", ACTIONS, (FOLLOW,)

    def handle(self, *, action: str, name: str | None, json: bool, **options: Any) -> None:
        if action == FOLLOW:
            while step():
                pass
            action = "list"
        super().handle(action=action, name=name, json=json, **options)

    def knows(self) -> Mapping[str, Listener]:
        return {each.name: each for each in listeners()}

    def stand(self) -> Iterable[Status]:
        return statuses()

    def intervene(self, of: Listener, action: str, **about: Any) -> None:
        intervene(of, action, **about)
