"""Retention: forget what was sent with old requests."""

import re
import signal
from argparse import ArgumentTypeError
from datetime import timedelta
from time import monotonic
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from commands.engine.forgetting import forget
from eventstore.reporting import ReportingCommand


def age(text: str) -> timedelta:
    found = re.fullmatch(r"([1-9][0-9]{0,4})d", text, re.ASCII)
    if found is None:
        raise ArgumentTypeError(f"{text!a} is no number of days, such as 90d")
    return timedelta(days=int(found[1]))


class Command(ReportingCommand):
    help = (
        "Forget what was sent with requests that were decided long ago, and delete requests that "
        "were malformed and notifications that were seen. What came of requests is kept, with "
        "keys, answers and events: a key replays as before. What waits is not touched. It runs "
        "beside the system in small transactions; stopped, it goes on when it is run again.\n\n"
        "Example:\n  python manage.py forget_requests --older-than 90d"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--older-than", type=age, required=True, metavar="DAYS", help="such as 90d"
        )
        parser.add_argument("--dry-run", action="store_true", help="count, but change nothing")

    def handle(self, *, older_than: timedelta, dry_run: bool, json: bool, **options: Any) -> None:
        self._started, self._done = monotonic(), dict[str, int]()
        before = timezone.now() - older_than
        try:
            done = forget(before, rehearsal=dry_run, progress=self._progress)
        except KeyboardInterrupt:
            raise CommandError(
                f"Stopped: {self._counts()}. The same command again goes on.",
                returncode=128 + signal.SIGINT,
            ) from None
        self._done = done
        if self.stderr.isatty():
            self.stderr.write("\r\033[K", ending="")
        would = "Nothing is changed; it would be: " if dry_run else ""
        facts = {name.replace(" ", "_"): many for name, many in done.items()}
        said = f"{would}{self._counts()}."
        self.report(said, {"dry_run": dry_run, **facts}, as_json=json)

    def _progress(self, done: dict[str, int]) -> None:
        self._done = done
        if self.stderr.isatty():
            self.stderr.write(f"\r{self._counts()}\033[K", ending="")

    def _counts(self) -> str:
        told = ", ".join(f"{many:,} {name}" for name, many in self._done.items())
        return f"{told} in {monotonic() - self._started:.1f} s"
