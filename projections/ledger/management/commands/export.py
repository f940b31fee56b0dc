"""Write the whole ledger for other programs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from eventstore.store import latest_position
from projections.ledger.exporting import FORMATS
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
        head = latest_position()
        position = head if at_position is None else at_position
        if not 0 <= position <= head:
            raise CommandError(f"Position {position} is not in the log; it ends at {head}.")
        for text in FORMATS[format](whole(position)):
            self.stdout.write(text, ending="")
