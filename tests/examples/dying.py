"""Being killed, at once and without a word."""

import os
import signal
import subprocess
import sys

from django.conf import settings

from tests.examples.connections import database_url
from tests.tree import ROOT


def die(*_):
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def killed(module, failpoint):
    """Run a module on the test database, which kills itself there."""
    child = subprocess.run(
        [sys.executable, "-m", module, failpoint],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "DATABASE_URL": database_url(), "SECRET_KEY": settings.SECRET_KEY},
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL, child.stderr
