"""A worker of read tables that is killed before or after some commit, by chance: `SEED`.

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
    wrapper = type(connections["default"])
    commit = wrapper._commit

    def committed(self):
        if chance.random() < 0.1:
            die()
        commit(self)
        if chance.random() < 0.1:
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
