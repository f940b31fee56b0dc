"""The table of everything that is refused, written anew."""

from typing import Any

from django.core.management.base import BaseCommand

from config.essays import DOCS
from config.refusals import problems, text


class Command(BaseCommand):
    help = (
        "Write docs/refusals.md: every code, with its status, its facts and what to do, and every "
        "command with what it may be refused with. The same code makes the same file."
        "\n\nExample:\n  python manage.py write_refusals"
    )

    def handle(self, **options: Any) -> None:
        (DOCS / "refusals.md").write_text(text(), encoding="utf-8")
        self.stdout.write(f"{len(problems())} codes are in {DOCS / 'refusals.md'}.")
