"""docs/listeners.md: the program that follows the log from outside may be killed at any point."""

import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from itertools import cycle, islice

import pytest

from commands.access.models import Token
from eventstore.store import latest_position
from tests.examples.asking import rich
from tests.examples.factories import user
from tests.examples.people import VIC
from tests.integration.serving.test_followers import CODE, noted

pytestmark = pytest.mark.django_db(transaction=True)

PROGRAM = """
import sqlite3, sys
from pathlib import Path

api, token, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
database = sqlite3.connect(folder / "effects")
database.execute("CREATE TABLE IF NOT EXISTS noted (position INTEGER)")


def come_to(point):
    print(point, flush=True)
    sys.stdin.readline()


def note(event):
    come_to("before the effect")
    database.execute("INSERT INTO noted VALUES (?)", [event["position"]])
    come_to("before it is kept")


handled = once(database, note)


def handle(event):
    handled(event)
    come_to("before the checkpoint")


follow(api, token, folder / "checkpoint", handle, wait=1)
"""
"""What it needs around the two functions of the page; it goes on from a point when it is told."""


def run_and_kill(arguments, points) -> str:
    """Run the program until it has come to so many points; the one at which it was killed."""
    with subprocess.Popen(
        [sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        for passed in range(points):
            if passed:
                process.stdin.write("\n")
                process.stdin.flush()
            point = process.stdout.readline().strip()
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    return point


def test_killed_at_every_point_it_does_each_thing_once(served, tmp_path):
    rich("ann", 100)
    file = tmp_path / "program.py"
    file.write_text("\n\n".join([*CODE, PROGRAM]))
    arguments = [file, f"{served.url}/api/v1", str(Token.issue(user(VIC))), tmp_path]
    killed, done = Counter(), []
    with sqlite3.connect(tmp_path / "effects") as database:
        for points in islice(cycle([1, 2, 3, 4]), 4 * latest_position()):
            killed[run_and_kill(arguments, points)] += 1
            done = noted(database)
            assert done == [*range(1, len(done) + 1)]
            if len(done) == latest_position():
                break
    database.close()
    assert len(done) == latest_position()
    assert set(killed) == {"before the effect", "before it is kept", "before the checkpoint"}
