"""docs/listeners.md is followed word for word, in a copy of the tree, on its own database."""

import re

import pytest

from tests import tree
from tests.examples.connections import another_connection
from tests.examples.guides import database_beside, runner

GUIDE = tree.text(tree.Path("docs/listeners.md"))
CODE, IMPORTS, *_ = re.findall(r"^```python\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
FILE = tree.Path("commands/ledger/reactions.py")
(COMMANDS,) = re.findall(
    r"^```sh\n(python manage.py submit.*?)^```", GUIDE, re.DOTALL | re.MULTILINE
)
BESIDE = "_welcomed"


@pytest.fixture
def beside(db):
    with database_beside(BESIDE) as address:
        yield address


def test_twenty_lines_make_a_reaction(beside, tmp_path):
    copy = tree.copy_to(tmp_path)
    run = runner(copy, beside, tmp_path / "var")
    run("python manage.py migrate")
    run("python manage.py demo")
    run("python manage.py createsuperuser --noinput --username eva --email eva@example.com")
    text = (copy / FILE).read_text(encoding="utf-8")
    docstring, _, rest = text.partition("\n\n")
    (copy / FILE).write_text(f"{docstring}\n\n{IMPORTS}{rest}\n\n{CODE}", encoding="utf-8")
    assert sum(bool(line) for line in (IMPORTS + CODE).splitlines()) <= 20
    _, followed, exported = [run(command) for command in COMMANDS.splitlines()]
    assert "welcome: reaction, running" in followed
    assert followed.count("as far as the log") == len(followed.splitlines())
    (entry,) = [line for line in exported.splitlines() if "wallets:new" in line]
    assert entry.endswith("wallets:new,credit,5.00,EUR,,Welcome")
    with another_connection(BESIDE) as connection:
        (owner,) = connection.execute(
            "SELECT id FROM access_user WHERE username = 'eva'"
        ).fetchone()
        opening, follow, _ = COMMANDS.splitlines()
        run(opening.replace("wallets:new", "wallets:eva").replace("}", f', "owner": "{owner}"}}'))
        run(follow)
        told = connection.execute('SELECT "user", text FROM commands_notification').fetchall()
    assert told == [(owner, "A present is waiting for you.")]
