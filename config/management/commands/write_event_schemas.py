"""The schema of every event, written anew."""

from typing import Any

from django.core.management.base import BaseCommand

from config.event_schemas import FOLDER, texts


class Command(BaseCommand):
    help = (
        "Write docs/events/: what each type of event looks like now, as JSON Schema. Files of "
        "older schemas stay as they are.\n\nExample:\n  python manage.py write_event_schemas"
    )

    def handle(self, **options: Any) -> None:
        FOLDER.mkdir(exist_ok=True)
        for name, text in texts().items():
            (FOLDER / name).write_text(text, encoding="utf-8")
        self.stdout.write(f"{len(texts())} schemas are in {FOLDER}.")
