"""What an operator does about an event that stopped somebody, whoever that is."""

from typing import Any, ClassVar

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from eventstore.listeners.steering_command import SteeringCommand
from eventstore.management.commands import listeners
from projections.engine.management.commands import projections


class EventCommand(BaseCommand):
    """Does one action of `manage.py projections` or `listeners` with whoever bears the name."""

    action: ClassVar[str]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="a read table or a listener")
        parser.add_argument(
            "--position", type=int, help="the event; by default the one it is stopped before"
        )
        parser.add_argument("--as", dest="user", default="system", help="who does it")
        parser.add_argument("--json", action="store_true", help="the result as JSON")

    def handle(self, *, name: str, position: int | None, **options: Any) -> None:
        sides: list[SteeringCommand] = [projections.Command(), listeners.Command()]
        for side in sides:
            if name in side.knows():
                if position is None:
                    position = next(s.stopped_before for s in side.stand() if s.name == name)
                about = {key: options[key] for key in ("reason", "user", "json")}
                call_command(
                    side, self.action, name, position=position, stdout=self.stdout, **about
                )
                return
        known = ", ".join(each for side in sides for each in side.knows())
        raise CommandError(f"No read table or listener is called {name!r}. There are: {known}.")
