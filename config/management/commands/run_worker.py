"""The worker."""

import logging
from collections.abc import Callable
from threading import Thread
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from commands.engine import housekeeping, mailing, queue
from commands.webhooks import worker as webhooks
from config.startup import refuse_missing_migrations, refuse_unfit_database
from config.stopping import Stop
from eventstore.listeners import worker as listeners
from eventstore.sessions import introduce
from eventstore.working import Stop as Told
from projections.engine import worker

log = logging.getLogger(__name__)

WORKER = "worker"
"""What its sessions are called in the database."""
Job = Callable[[Told], None]
JOBS: tuple[Job, ...] = (
    queue.run, worker.run, listeners.run, webhooks.run, housekeeping.run, mailing.run,
)  # fmt: skip


class Command(BaseCommand):
    help = (
        "Do the requests that wait in the queue, keep the eventual read tables up with the log, "
        "let listeners react to events, deliver webhooks, do what is due (holds expire, standing "
        "orders run), count requests for their patterns, export the log's heads and send e-mails. "
        "Any number of workers may run.\n\n"
        "Example:\n  python manage.py run_worker"
    )

    def handle(self, **options: Any) -> None:
        introduce(WORKER)
        refuse_unfit_database()
        refuse_missing_migrations()
        stop = Stop()
        jobs = [_Worker(each, stop) for each in JOBS]
        for job in jobs:
            job.start()
        while not stop.wait(1.0) and all(job.is_alive() for job in jobs):
            pass
        failed = not stop.is_set()
        stop.tell()
        for job in jobs:
            job.join()
        if failed:
            raise CommandError("A part of the worker has failed: see the log.")


class _Worker(Thread):
    """One of the worker's loops; the worker ends when one of them does."""

    def __init__(self, job: Job, stop: Stop) -> None:
        super().__init__(name=job.__module__)
        self._job, self._stop_ = job, stop

    def run(self) -> None:
        try:
            self._job(self._stop_)
        except Exception:
            log.exception("%s failed", self.name)
