"""docs/listeners.md is followed word for word, in a copy of the tree, on its own database."""

import os
import re
import shlex
import subprocess
import sys

import pytest
from django.db import connection

from tests import tree
from tests.examples.connections import another_connection, database_url

GUIDE = tree.text(tree.Path("docs/listeners.md"))
CODE, IMPORTS, *_ = re.findall(r"^```python\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
FILE = tree.Path("commands/ledger/reactions.py")
(COMMANDS,) = re.findall(
    r"^```sh\n(python manage.py submit.*?)^```", GUIDE, re.DOTALL | re.MULTILINE
)
BESIDE = "_welcomed"


@pytest.fixture
def beside(db):
    """A database beside the test's own one."""
    name = connection.settings_dict["NAME"] + BESIDE
    with another_connection() as other:
        other.autocommit = True
        other.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        other.execute(f'CREATE DATABASE "{name}"')
        yield database_url(BESIDE)
        other.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_twenty_lines_make_a_reaction(beside, tmp_path):
    copy = tree.copy_to(tmp_path)
    environment = {**os.environ, "DATABASE_URL": beside, "DAYBOOK_HOME": str(tmp_path / "var")}
    environment.pop("DATABASE_OWNER_URL", None)

    def run(command):
        done = subprocess.run(
            [sys.executable, *shlex.split(command)[1:]],
            cwd=copy, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("python manage.py migrate")
    run("python manage.py demo")
    text = (copy / FILE).read_text(encoding="utf-8")
    docstring, _, rest = text.partition("\n\n")
    (copy / FILE).write_text(f"{docstring}\n\n{IMPORTS}{rest}\n\n{CODE}", encoding="utf-8")
    assert sum(bool(line) for line in (IMPORTS + CODE).splitlines()) <= 20
    _, followed, exported = [run(command) for command in COMMANDS.splitlines()]
    assert "welcome: reaction, running" in followed
    assert followed.count("as far as the log") == len(followed.splitlines())
    (entry,) = [line for line in exported.splitlines() if "wallets:new" in line]
    assert entry.endswith("wallets:new,credit,5.00,EUR,,Welcome")
