"""How read tables stand, and what an operator may do with those that the worker keeps."""

from collections.abc import Iterable, Mapping
from typing import Any

from eventstore.listeners.status import Status
from eventstore.listeners.steering_command import SteeringCommand
from projections.engine.operating import ACTIONS, intervene
from projections.engine.projector import Projection, projections
from projections.engine.status import statuses

EXAMPLE = """Example:
  python manage.py projections
  python manage.py projections skip daily_totals --position 812 --reason "Known defect"
  python manage.py projections pause daily_totals --reason "Disk is nearly full" """


class Command(SteeringCommand):
    help = (
        "List read tables with how far behind they are, or intervene in one that the worker"
        " keeps: retry the event it stopped before, skip that event, pause, resume. Who did it and"
        f" why is kept.\n\n{EXAMPLE}"
    )
    kind, plural, actions = "read table", "projections", ACTIONS

    def knows(self) -> Mapping[str, Projection]:
        return {each.name: each for each in projections()}

    def stand(self) -> Iterable[Status]:
        return statuses()

    def intervene(self, of: Projection, action: str, **about: Any) -> None:
        intervene(of, action, **about)
