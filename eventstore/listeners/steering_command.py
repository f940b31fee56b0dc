"""The command line of those who follow the log: how they stand, and what may be done with them."""

import json as text
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from eventstore.listeners.status import Status
from eventstore.listeners.steering import NotPossible


class SteeringCommand(BaseCommand):
    """Lists some who follow the log, or does something with one of them.

    Subclasses say whom it `knows` by name, how these `stand`, and what `intervene` does.
    """

    kind: ClassVar[str]
    plural: ClassVar[str]
    actions: ClassVar[tuple[str, ...]]
    others: ClassVar[tuple[str, ...]] = ()
    """What else may be done, with all of them."""

    def knows(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def stand(self) -> Iterable[Status]:
        raise NotImplementedError

    def intervene(self, of: Any, action: str, **about: Any) -> None:
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "action", nargs="?", choices=("list", *self.others, *self.actions), default="list"
        )
        parser.add_argument("name", nargs="?", metavar="NAME", help=f"of which {self.kind}")
        parser.add_argument("--position", type=int, help="of the event that is meant")
        parser.add_argument("--reason", default="", help="why; it is kept")
        parser.add_argument("--as", dest="user", default="system", help="who does it")
        parser.add_argument("--json", action="store_true", help="the result as JSON")

    def handle(self, *, action: str, name: str | None, json: bool, **options: Any) -> None:
        known = self.knows()
        there_are = f"There are: {', '.join(known) or 'none'}."
        if name is None and action != "list":
            raise CommandError(f"Name the {self.kind} to {action}. {there_are}")
        if name is not None and name not in known:
            raise CommandError(f"No {self.kind} is called {name!r}. {there_are}")
        if name is not None and action != "list":
            about = {"reason": options["reason"], "position": options["position"]}
            try:
                self.intervene(known[name], action, by=_user(options["user"]), **about)
            except NotPossible as error:
                raise CommandError(str(error)) from None
        found = [each for each in self.stand() if name in (None, each.name)]
        if json:
            self.stdout.write(text.dumps({self.plural: [asdict(each) for each in found]}))
            return
        for each in found:
            self.stdout.write(_sentence(each))


def _sentence(of: Status) -> str:
    behind = f"{of.lag_events:,} events and {of.lag_seconds:,.0f} s behind"
    said = f"{of.name}: {of.kind}, {of.state}, at position {of.position}"
    said += f", {behind}" if of.lag_events else ", as far as the log"
    if of.trouble:
        said += f"; {of.trouble}"
    if of.skipped:
        said += f"; left out: {', '.join(map(str, of.skipped))}"
    return said


def _user(name: str) -> UUID:
    found = name.isprintable() and get_user_model().objects.filter(username=name).first()
    if not found:
        raise CommandError(f"There is no user {name!r}.")
    id_: UUID = found.pk
    return id_
