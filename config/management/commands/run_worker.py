"""The worker."""

from typing import Any

from django.core.management.base import BaseCommand

from config.startup import refuse_missing_migrations, refuse_unfit_database
from config.stopping import Stop
from projections.engine import worker


class Command(BaseCommand):
    help = (
        "Keep the eventual read tables up with the log. Any number of workers may run.\n\n"
        "Example:\n  python manage.py run_worker"
    )

    def handle(self, **options: Any) -> None:
        refuse_unfit_database()
        refuse_missing_migrations()
        worker.run(Stop())
