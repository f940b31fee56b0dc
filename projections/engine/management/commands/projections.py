"""How read tables stand, and what an operator may do with those that the worker keeps."""

import json as text
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from projections.engine.operating import ACTIONS, NotPossible, intervene
from projections.engine.projector import Projection, projections
from projections.engine.status import Status, status_of, statuses

EXAMPLE = """Example:
  python manage.py projections
  python manage.py projections skip daily_totals --position 812 --reason "Known defect"
  python manage.py projections pause daily_totals --reason "Disk is nearly full" """


class Command(BaseCommand):
    help = (
        "List read tables with how far behind they are, or intervene in one that the worker"
        " keeps: retry the event it stopped before, skip that event, pause, resume. Who did it and"
        f" why is kept.\n\n{EXAMPLE}"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", nargs="?", choices=("list", *ACTIONS), default="list")
        parser.add_argument("name", nargs="?", metavar="NAME", help="of which read table")
        parser.add_argument("--position", type=int, help="of the event to skip, or to try again")
        parser.add_argument("--reason", default="", help="why; it is kept")
        parser.add_argument("--as", dest="user", default="system", help="who does it")
        parser.add_argument("--json", action="store_true", help="the result as JSON")

    def handle(self, *, action: str, name: str | None, json: bool, **options: Any) -> None:
        if name is None and action != "list":
            raise CommandError(f"Name the read table to {action}. There are: {_known()}.")
        of = _named(name) if name else None
        if action != "list":
            assert of is not None
            try:
                intervene(
                    of, action, by=_user(options["user"]), reason=options["reason"],
                    position=options["position"],
                )  # fmt: skip
            except NotPossible as error:
                raise CommandError(str(error)) from None
        self._tell([status_of(of)] if of else statuses(), json=json)

    def _tell(self, found: Iterable[Status], *, json: bool) -> None:
        if json:
            self.stdout.write(text.dumps({"projections": [asdict(each) for each in found]}))
            return
        for each in found:
            self.stdout.write(_sentence(each))


def _sentence(of: Status) -> str:
    behind = f"{of.lag_events:,} events and {of.lag_seconds:,.0f} s behind"
    said = f"{of.name}: {of.kind}, {of.state}, at position {of.position}"
    said += f", {behind}" if of.lag_events else ", as far as the log"
    if of.stopped_before is not None:
        said += f"; stopped before {of.stopped_before}: {of.error}"
    if of.skipped:
        said += f"; left out: {', '.join(map(str, of.skipped))}"
    return said


def _named(name: str) -> Projection:
    for each in projections():
        if each.name == name:
            return each
    raise CommandError(f"No projection is called {name!r}. There are: {_known()}.")


def _known() -> str:
    return ", ".join(each.name for each in projections())


def _user(name: str) -> UUID:
    found = name.isprintable() and get_user_model().objects.filter(username=name).first()
    if not found:
        raise CommandError(f"There is no user {name!r}.")
    id_: UUID = found.pk
    return id_
