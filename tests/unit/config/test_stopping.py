"""Being told to stop, at whatever moment the signal comes."""

import os
import signal
import subprocess
import sys

from config.stopping import Stop
from tests.tree import ROOT

MOMENTS = """
import signal
from config.stopping import Stop
for _ in range(400):
    stop = Stop(signal.SIGALRM)
    signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
    while not stop.wait(0.00001):
        pass
    signal.setitimer(signal.ITIMER_REAL, 0)
"""


def test_a_signal_ends_the_wait():
    kept = signal.getsignal(signal.SIGUSR1)
    try:
        stop = Stop(signal.SIGUSR1)
        assert not stop.wait(0)
        os.kill(os.getpid(), signal.SIGUSR1)
        assert stop.wait(60)
        assert stop.is_set()
    finally:
        signal.signal(signal.SIGUSR1, kept)


def test_a_signal_may_come_at_any_moment():
    """Hundreds of times, in the middle of whatever a wait does, and again before it is done."""
    done = subprocess.run([sys.executable, "-c", MOMENTS], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0
