"""Being killed, at once and without a word."""

import gc
import os
import random
import signal
import subprocess
import sys

from django.conf import settings

from eventstore.records import Recorded
from tests.examples.connections import database_url
from tests.tree import ROOT


def die(*_):
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def start(module, *arguments, **options):
    """Start a module on the test database, in a process of its own whose output is read."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "DATABASE_URL": database_url(), "SECRET_KEY": settings.SECRET_KEY},
        **options,
    )  # fmt: skip


def failpoint(chance):
    """What is called at each point that is passed, by its name, and kills the process there.

    That is at `FAILPOINT NUMBER` of its arguments, the NUMBERth time, or by `chance SEED`.
    """
    where, number = sys.argv[1], int(sys.argv[2])
    chances, passed = random.Random(number), []

    def reach(point):
        if where == "chance":
            if chances.random() < chance:
                die()
        elif where == point:
            passed.append(point)
            if len(passed) == number:
                die()

    return reach


def killed(module, failpoint):
    """Run a module on the test database, which kills itself there."""
    child = subprocess.run(
        [sys.executable, "-m", module, failpoint],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "DATABASE_URL": database_url(), "SECRET_KEY": settings.SECRET_KEY},
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL, child.stderr


def events_in_memory():
    """How many events of the log this process holds."""
    return sum(type(each) is Recorded for each in gc.get_objects())
