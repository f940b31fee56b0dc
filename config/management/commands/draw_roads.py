"""The diagrams of the roads of a request, drawn anew."""

from typing import Any

from django.core.management.base import BaseCommand

from config.roads.answering import DRAWINGS
from config.roads.diagrams import DIAGRAMS
from config.roads.sequence import drawn


class Command(BaseCommand):
    help = (
        "Draw the sequence diagrams of docs/answering.md, as docs/roads/*.svg. The same "
        "descriptions make the same files.\n\nExample:\n  python manage.py draw_roads"
    )

    def handle(self, **options: Any) -> None:
        for name, diagram in DIAGRAMS.items():
            (DRAWINGS / f"{name}.svg").write_text(drawn(diagram), encoding="utf-8")
        self.stdout.write(f"{len(DIAGRAMS)} diagrams are in {DRAWINGS}.")
