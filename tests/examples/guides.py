"""Guides of docs/ that are followed word for word: in a copy of the tree, on its own database."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from tests.examples.connections import another_connection, database_url


@contextmanager
def database_beside(suffix: str) -> Iterator[str]:
    """The address of a new database beside the test's own, whose name goes on with this."""
    name = connection.settings_dict["NAME"] + suffix
    with another_connection() as other:
        other.autocommit = True
        other.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        other.execute(f'CREATE DATABASE "{name}"')
        yield database_url(suffix)
        other.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def runner(copy: Path, database: str, home: Path) -> Callable[[str], str]:
    """What runs a guide's commands in a copy of the tree; each must succeed, and says something."""
    environment = {**os.environ, "DATABASE_URL": database, "DAYBOOK_HOME": str(home)}
    environment.pop("DATABASE_OWNER_URL", None)

    def run(command: str) -> str:
        done = subprocess.run(
            [sys.executable, *shlex.split(command)[1:]],
            cwd=copy, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
