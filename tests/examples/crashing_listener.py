"""A worker of listeners; it is killed at `FAILPOINT NUMBER`, or by `chance SEED`.

One that is not killed ends when all are as far as the log. It says how much memory it had at most,
in kB, half way and in the end, and how many events were in it at most between two steps.
"""

import os
import resource
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from eventstore.listeners import following, worker  # noqa: E402
from eventstore.listeners.listener import listeners  # noqa: E402
from eventstore.store import latest_position  # noqa: E402
from tests.examples.dying import events_in_memory, failpoint  # noqa: E402

POINTS = ("events read", "checkpoint moved", "commands written", "committed")
CHANCE = 1 / 50
"""Of being killed at each point that is passed."""
CHUNK = 7


def around(name, *, before=None, after=None):
    """Pass these points around a function of those who follow, if that does something."""
    really = getattr(following, name)

    def dying(*arguments):
        if before:
            reach(before)
        done = really(*arguments)
        if after and done != 0:
            reach(after)
        return done

    setattr(following, name, dying)


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    reach, half_way, most = failpoint(CHANCE), 0, 0
    if sys.argv[1] != "never":
        for each in listeners():
            object.__setattr__(each, "chunk", CHUNK)
    around("advance", before="events read", after="checkpoint moved")
    around("_handle_next", after="commands written")
    around("_step", after="committed")
    while worker.step():
        most = max(most, events_in_memory())
        if not half_way and min(each.position for each in listeners()) > latest_position() // 2:
            half_way = peak()
    sys.stdout.write(f"{half_way} {peak()} {most}\n")
