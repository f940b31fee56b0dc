"""Recreate read tables from the events."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from eventstore.progress import Progress
from eventstore.store import EventStoreError
from projections.engine.differences import differences
from projections.engine.projector import Projection, projections
from projections.engine.rebuild import RebuildRefused, named, rebuild
from projections.engine.standing import is_ours

EXAMPLE = """Example:
  python manage.py rebuild_projections balances entries
  python manage.py rebuild_projections --changed     those that other code has made
  python manage.py rebuild_projections --dry-run     says which rows would change"""


class Command(BaseCommand):
    help = (
        "Make read tables again from the events, beside the live ones, while the system runs. One "
        f"that is killed goes on where it was.\n\n{EXAMPLE}"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        known = ", ".join(projection.name for projection in projections())
        parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {known}; or all")
        parser.add_argument(
            "--changed", action="store_true", help="only what other code has made, or nobody yet"
        )
        parser.add_argument("--dry-run", action="store_true", help="change nothing, count rows")
        parser.add_argument("--json", action="store_true", help="the result as JSON")

    def handle(
        self, *, names: list[str], changed: bool, dry_run: bool, json: bool, **options: Any
    ) -> None:
        try:
            chosen = named(names, projections())
        except KeyError as error:
            known = ", ".join(projection.name for projection in projections())
            raise CommandError(f"No projection is called {error}. There are: {known}.") from None
        if changed:
            chosen = [each for each in chosen if not is_ours(each)]
        if dry_run:
            self._compare(chosen, as_json=json)
        else:
            self._rebuild(chosen, as_json=json)

    def _rebuild(self, chosen: list[Projection], *, as_json: bool) -> None:
        done = []
        for projection in chosen:
            try:
                result = rebuild(projection, Progress(self.stderr, projection.name))
            except RebuildRefused as error:
                raise CommandError(str(error)) from None
            except (EventStoreError, DatabaseError) as error:
                said = str(error).splitlines()[0]
                raise CommandError(f"{projection.name} stays as it is: {said}") from error
            done.append(
                {
                    "name": result.name,
                    "events": result.events,
                    "seconds": result.seconds,
                    "lock_ms": result.lock_ms,
                }
            )
            if not as_json:
                rate = result.events / max(result.seconds, 0.001)
                self.stdout.write(
                    f"{result.name}: {result.events:,} events in {result.seconds:.1f} s"
                    f" ({rate:,.0f}/s)"
                )
        if as_json:
            self.stdout.write(json.dumps({"projections": done}))

    def _compare(self, chosen: list[Projection], *, as_json: bool) -> None:
        found = {p.name: list(differences(p, Progress(self.stderr, p.name))) for p in chosen}
        if as_json:
            counts = [{"name": name, "rows_differ": len(rows)} for name, rows in found.items()]
            self.stdout.write(json.dumps({"projections": counts}))
            return
        for name, rows in found.items():
            self.stdout.write(f"{name}: {len(rows) or 'no'} rows would change")
            for row in rows[:10]:
                self.stdout.write(f"  {row.key}: {', '.join(row.columns)}")
