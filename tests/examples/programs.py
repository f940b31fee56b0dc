"""Management commands as programs of their own, on the test database."""

import os
import subprocess
import sys
from typing import Any

from tests.examples.connections import database_url
from tests.tree import ROOT


def program(*arguments: str, **options: Any) -> "subprocess.Popen[str]":
    """Start one; it says what it writes, and writes it at once where it says so itself."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env={**os.environ, "DATABASE_URL": database_url()}, text=True, **pipes,
    )  # fmt: skip
