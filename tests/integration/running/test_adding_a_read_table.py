"""docs/projections.md is followed word for word, in a copy of the tree, on its own database."""

import os
import re
import subprocess
import sys

import pytest
from django.db import connection

from tests import tree
from tests.examples.connections import another_connection, database_url

GUIDE = tree.text(tree.Path("docs/projections.md"))
FILES = re.findall(r"^`(projections/\S+)`\n\n```python\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
(COMMANDS,) = re.findall(r"^```sh\n(python manage.py make.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
BESIDE = "_volumes"
EQUAL = """
SELECT (SELECT jsonb_object_agg(family, ARRAY[times, minor_units]) FROM volumes_volume),
    (SELECT jsonb_object_agg(family, ARRAY[times, minor_units])
     FROM (SELECT split_part(account, ':', 1) AS family, count(*) AS times,
                  sum(amount) AS minor_units
           FROM ledger_entry WHERE direction = 'credit' GROUP BY 1) AS added_up)"""


@pytest.fixture
def beside(db):
    """A database beside the test's own one."""
    name = connection.settings_dict["NAME"] + BESIDE
    with another_connection() as other:
        other.autocommit = True
        other.execute(f'DROP DATABASE IF EXISTS "{name}"')
        other.execute(f'CREATE DATABASE "{name}"')
        yield database_url(BESIDE)
        other.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_thirty_lines_make_a_read_table_that_is_proven(beside, tmp_path):
    copy = tree.copy_to(tmp_path)
    environment = {**os.environ, "DATABASE_URL": beside, "DAYBOOK_HOME": str(tmp_path / "var")}
    environment.pop("DATABASE_OWNER_URL", None)

    def run(command):
        done = subprocess.run(
            [sys.executable, *command.split()[1:]],
            cwd=copy, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("python manage.py migrate")
    run("python manage.py demo")
    for path, text in FILES:
        (copy / path).parent.mkdir(exist_ok=True)
        (copy / path).write_text(text, encoding="utf-8")
    assert sum(bool(line) for _, text in FILES for line in text.splitlines()) <= 30
    said = [run(command) for command in COMMANDS.splitlines()]
    assert "volumes: " in said[2]
    assert "Nothing differs" in said[3]
    with another_connection(BESIDE) as other:
        stored, expected = other.execute(EQUAL).fetchone()
    assert stored == expected
    assert len(stored) > 1
