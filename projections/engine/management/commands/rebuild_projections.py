"""Recreate read tables from the events."""

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.db import Error

from eventstore.errors import EventStoreError, first_line, in_a_line
from eventstore.progress import Progress
from projections.engine.differences import MOST, Difference, differences
from projections.engine.projector import Projection, projections
from projections.engine.rebuild import Rebuilt
from projections.engine.side_by_side import Failed, rebuild_each
from projections.engine.standing import is_ours

log = logging.getLogger(__name__)

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
        parser.add_argument(
            "--jobs",
            type=int,
            default=os.cpu_count() or 1,
            metavar="N",
            help="so many tables at once, each by a process of its own (default: %(default)s)",
        )
        parser.add_argument("--dry-run", action="store_true", help="change nothing, count rows")
        parser.add_argument("--json", action="store_true", help="the result as JSON")

    def handle(
        self,
        *,
        names: list[str],
        changed: bool,
        jobs: int,
        dry_run: bool,
        json: bool,
        **options: Any,
    ) -> None:
        if jobs < 1:
            raise CommandError("--jobs is a number from 1 on.")
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
            self._rebuild(chosen, jobs, as_json=json)

    def _rebuild(self, chosen: list[Projection], jobs: int, *, as_json: bool) -> None:
        progress = _Together(self.stderr, [projection.name for projection in chosen])
        done, failed = dict[str, Rebuilt](), list[Failed]()
        for result in rebuild_each(chosen, jobs, progress):
            progress.ended(result.name)
            if isinstance(result, Failed):
                failed.append(result)
                continue
            done[result.name] = result
            if not as_json:
                rate = result.events / max(result.seconds, 0.001)
                self.stdout.write(
                    f"{result.name}: {result.events:,} events in {result.seconds:.1f} s"
                    f" ({rate:,.0f}/s)"
                )
        if as_json:
            made = [asdict(done[each.name]) for each in chosen if each.name in done]
            self.stdout.write(json.dumps({"projections": made}))
        if failed:
            raise CommandError("\n".join(each.why for each in failed))

    def _compare(self, chosen: list[Projection], *, as_json: bool) -> None:
        found, failed = dict[str, list[Difference]](), list[str]()
        for each in chosen:
            try:
                found[each.name] = differences(each, Progress(self.stderr, each.name))
            except (EventStoreError, Error) as error:
                failed.append(f"{each.name} could not be compared: {first_line(error)}")
            except Exception as error:
                log.exception("%s could not be compared", each.name)
                said = in_a_line(error)
                failed.append(f"{each.name} could not be compared: {said}")
        self._tell(found, as_json=as_json)
        if failed:
            raise CommandError("\n".join(failed))

    def _tell(self, found: dict[str, list[Difference]], *, as_json: bool) -> None:
        if as_json:
            counts = [
                {"name": name, "rows_differ": len(rows), "or_more": len(rows) >= MOST}
                for name, rows in found.items()
            ]
            self.stdout.write(json.dumps({"projections": counts}))
            return
        for name, rows in found.items():
            least = "at least " if len(rows) >= MOST else ""
            self.stdout.write(f"{name}: {least}{len(rows) or 'no'} rows would change")
            for row in rows[:10]:
                self.stdout.write(f"  {row.key}: {', '.join(row.columns)}")


class _Together:
    """How far several tables have come, of which some may not have begun."""

    def __init__(self, stream: OutputWrapper, names: Sequence[str]) -> None:
        name = names[0] if len(names) == 1 else f"{len(names)} tables"
        self._show = Progress(stream, name)
        self._done = dict.fromkeys(names, 0)
        self._end = 0

    def __call__(self, name: str, done: int, total: int) -> None:
        self._done[name], self._end = done, max(self._end, total)
        self._show(sum(self._done.values()), self._end * len(self._done))

    def ended(self, name: str) -> None:
        """There will be no more of this one; the line gives way to what is said of it."""
        self._done[name] = self._end
        self._show.wipe()


def named(names: Sequence[str], known: Sequence[Projection]) -> list[Projection]:
    """The projections of these names, or all.

    Raises:
        KeyError: a name that no projection has.
    """
    by_name = {projection.name: projection for projection in known}
    return [by_name[name] for name in names] if names else list(known)
