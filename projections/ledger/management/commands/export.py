"""Write the whole ledger for other programs."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from eventstore.http import ViewBehind
from eventstore.progress import Progress
from projections.engine.reading import snapshot
from projections.ledger.exporting import FORMATS
from projections.ledger.models import Balance, Entry, Transfer
from projections.ledger.totals import whole


class Command(BaseCommand):
    help = (
        "Write the whole ledger to standard output.\n\n"
        "Example:\n  python manage.py export --format beancount > ledger.beancount"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=sorted(FORMATS), required=True)
        parser.add_argument(
            "--at-position",
            type=int,
            metavar="N",
            help="as it was at position N, before a transfer of which that is the middle",
        )

    def handle(self, *, format: str, at_position: int | None, **options: Any) -> None:
        try:
            with snapshot(Balance, Entry, Transfer, least=at_position or 0) as head:
                position = head if at_position is None else at_position
                if not 0 <= position <= head:
                    raise CommandError(f"Position {position} is not in the log; it ends at {head}.")
                position = whole(position)
        except ViewBehind as error:
            raise CommandError(
                f"Not all read tables are there yet: they have the events up to {error.position}."
            ) from None
        for text in FORMATS[format](position, self._progress()):
            self.stdout.write(text, ending="")

    def _progress(self) -> Callable[[int, int], None]:
        """Said beside what is written, but for a terminal that shows just that."""
        return (lambda *_: None) if self.stdout.isatty() else Progress(self.stderr, "events")
