"""A worker of read tables that is killed at one of its first commits, by chance: `SEED`.

The code that it runs cannot count one amount. It ends by itself when there is nothing to do.
"""

import os
import random
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connections  # noqa: E402

from projections.engine import follow  # noqa: E402
from projections.engine.projector import projections  # noqa: E402
from projections.engine.status import statuses  # noqa: E402
from tests.examples.dying import die  # noqa: E402
from tests.examples.following import break_counting  # noqa: E402


def _die_by_chance(chance):
    """Be killed right before or right after one of the next commits."""
    wrapper = type(connections["default"])
    commit, left, before = wrapper._commit, chance.randint(2, 6), chance.random() < 0.5

    def committed(self):
        nonlocal left
        left -= 1
        if not left and before:
            die()
        commit(self)
        if not left:
            die()

    wrapper._commit = committed


def _is_done():
    """Whether each is as far as the log, or has stopped."""
    return all(each.state == "stopped" or not each.lag_events for each in statuses())


if __name__ == "__main__":
    follow.CHUNK = 7
    break_counting()
    _die_by_chance(random.Random(int(sys.argv[1])))
    while not _is_done():
        for each in projections(immediate=False):
            follow.catch_up(each)
