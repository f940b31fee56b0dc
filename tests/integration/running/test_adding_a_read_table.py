"""docs/projections.md is followed word for word, in a copy of the tree, on its own database."""

import re

import pytest

from tests import tree
from tests.examples.connections import another_connection
from tests.examples.guides import database_beside, runner

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
    with database_beside(BESIDE) as address:
        yield address


def test_thirty_lines_make_a_read_table_that_is_proven(beside, tmp_path):
    copy = tree.copy_to(tmp_path)
    run = runner(copy, beside, tmp_path / "var")
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
