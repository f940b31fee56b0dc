"""Counting requests by hand."""

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from commands.engine import patterns
from commands.engine.models import RollUp
from eventstore.reporting import ReportingCommand
from eventstore.store import timestamp


class Command(ReportingCommand):
    help = (
        "Count the requests that the worker has not counted yet, for their patterns.\n\n"
        "Example:\n  python manage.py roll_up --from-scratch"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--from-scratch", action="store_true", help="throw the counts away and make them anew"
        )

    def handle(self, *, from_scratch: bool, json: bool, **options: Any) -> None:
        if from_scratch:
            patterns.forget()
        self._first: datetime | None = None
        patterns.catch_up(self._progress)
        rolled = RollUp.objects.first()
        until = rolled and timestamp(rolled.counted_until)
        said = f"Counted until {until}." if until else "There is nothing to be counted yet."
        self.report(said, {"counted_until": until}, as_json=json)

    def _progress(self, reached: datetime, settled: datetime) -> None:
        if not self.stderr.isatty():
            return
        self._first = self._first or reached
        share = (reached - self._first) / (settled - self._first) if reached < settled else 1
        end = "\r\033[K" if reached >= settled else ""
        self.stderr.write(f"\r{reached:%Y-%m-%d %H:%M}: {share:.0%}{end}", ending="")
