"""A worker that delivers webhooks; it is killed at `FAILPOINT NUMBER`, or by `chance SEED`.

One that is not killed ends when all endpoints are as far as the log, and says how many events were
in memory at most, of those times at which it was looked.
"""

import os
import sys
import threading

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from commands.webhooks import claims, sending, worker  # noqa: E402
from commands.webhooks.models import Endpoint  # noqa: E402
from eventstore.store import latest_position  # noqa: E402
from tests.examples.dying import events_in_memory, failpoint  # noqa: E402
from tests.examples.receiving import LOOPBACK  # noqa: E402

POINTS = ("before effect", "after effect", "before checkpoint", "after checkpoint")
CHANCE = 1 / 60
"""Of being killed at each point that is passed."""
SOON = {"TURN": 0.5, "LEASE": 4.0}
"""Seconds after which others take over from one that was killed."""


def around(of, name, *, before, after):
    really = getattr(of, name)

    def dying(*arguments, **options):
        reach(before)
        found = really(*arguments, **options)
        reach(after)
        return found

    async def dying_later(*arguments, **options):
        reach(before)
        found = await really(*arguments, **options)
        reach(after)
        return found

    setattr(of, name, dying_later if name == "post" else dying)


class Done(threading.Event):
    """Told when there is nothing left to be sent."""

    most = 0

    def look(self):
        while Endpoint.objects.filter(position__lt=latest_position()).exists():
            self.most = max(self.most, events_in_memory())
            self.wait(0.1)
        self.set()


if __name__ == "__main__":
    reach, done = failpoint(CHANCE), Done()
    worker.settings.DAYBOOK_WEBHOOK_ALLOW = LOOPBACK
    for name, seconds in SOON.items():
        setattr(claims, name, seconds)
    around(sending.Line, "post", before="before effect", after="after effect")
    around(claims, "settle", before="before checkpoint", after="after checkpoint")
    threading.Thread(target=done.look, daemon=True).start()
    worker.run(done)
    sys.stdout.write(f"\n{done.most}\n")
