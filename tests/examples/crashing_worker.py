"""A worker of the queue that is killed: `FAILPOINT`."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connections  # noqa: E402

from commands.engine import queue  # noqa: E402
from tests.examples.dying import die  # noqa: E402


def _die_in(name, *, after):
    wrapper = type(connections["default"])
    really = getattr(wrapper, name)

    def dying(self):
        if after:
            really(self)
        die()

    setattr(wrapper, name, dying)


if __name__ == "__main__":
    worker = queue.Worker()
    match sys.argv[1]:
        case "before commit":
            _die_in("_commit", after=False)
        case "after commit":
            _die_in("_commit", after=True)
        case "between lanes":
            queue.LANES_AT_ONCE = 1
            worker.step()
            die()
    worker.step()
