"""Write the ledger for other programs, whole or what has come since."""

import re
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from eventstore.epoch import current
from eventstore.http import ViewBehind
from eventstore.progress import Progress
from projections.engine.reading import snapshot
from projections.ledger.exporting import FORMATS, INCREMENTAL
from projections.ledger.models import AccountDetails, Balance, Entry, Transfer
from projections.ledger.plaintext import silent
from projections.ledger.totals import whole

TABLES = (AccountDetails, Balance, Entry, Transfer)


class Command(BaseCommand):
    help = (
        "Write the whole ledger to standard output, or with --after-position what has come"
        " since.\n\n"
        "Examples:\n"
        "  python manage.py export --format beancount > ledger.beancount\n"
        "  python manage.py export --format jsonl --after-position 0 > new.jsonl 2> place"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=sorted(FORMATS), required=True)
        parser.add_argument(
            "--at-position",
            type=int,
            metavar="N",
            help="as it was at position N; before a transfer of which N is in the middle",
        )
        parser.add_argument(
            "--after-position",
            metavar="PLACE",
            help="csv and jsonl: only what has come after this position, or after a place such as"
            " 1:812; standard error says how far this came, as the place for the next time",
        )

    def handle(
        self, *, format: str, at_position: int | None, after_position: str | None, **options: Any
    ) -> None:
        if after_position is not None and format not in INCREMENTAL:
            raise CommandError(
                f"{format} is a whole ledger with its balances; --after-position is for"
                f" {' and '.join(INCREMENTAL)}."
            )
        try:
            with snapshot(*TABLES, least=at_position or 0) as head:
                epoch = current()
                position = head if at_position is None else at_position
                if not 0 <= position <= head:
                    raise CommandError(f"Position {position} is not in the log; it ends at {head}.")
                after = _place(after_position or "0", epoch)
                if after > position:
                    raise CommandError(f"Position {after} is beyond {position}, where this ends.")
                position, after = whole(position), whole(after)
        except ViewBehind as error:
            raise CommandError(
                f"Not all read tables are there yet: they have the events up to {error.position}."
            ) from None
        bounds = [] if after_position is None else [after]
        progress = silent if after_position is not None else self._progress()
        for text in FORMATS[format](position, progress, *bounds):
            self.stdout.write(text, ending="")
        if after_position is not None:
            self.stderr.write(f"{epoch}:{position}", style_func=str)

    def _progress(self) -> Callable[[int, int], None]:
        """Said beside what is written, but for a terminal that shows just that."""
        return silent if self.stdout.isatty() else Progress(self.stderr, "events")


def _place(text: str, epoch: int) -> int:
    """The position of a place, which is of this epoch if it says one."""
    found = re.fullmatch(r"(?:([0-9]{1,9}):)?([0-9]{1,18})", text, re.ASCII)
    if found is None:
        raise CommandError(f"{text!r} is no place: a position such as 812, or 1:812.")
    if found[1] is not None and int(found[1]) != epoch:
        raise CommandError(
            f"The log was restored since {text}, to epoch {epoch}: what came after that place may"
            " be gone. Begin again with --after-position 0."
        )
    return int(found[2])
