"""A process of old code and one of new code append at once, as in a deploy."""

import subprocess

import pytest

from commands.engine.deciding import decide
from projections.engine.follow import catch_up
from projections.engine.models import ProjectionState
from projections.engine.projector import projections
from projections.engine.reading import behind
from projections.ledger.models import Balance, Entry
from tests.examples.asking import asking, rich
from tests.examples.dying import start
from tests.examples.ledger import pay

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 30


class NewCode:
    """The other process, which is told what to do, and says what came of it."""

    def __init__(self):
        module = "tests.examples.newer_code"
        self._process = start(module, stdin=subprocess.PIPE, bufsize=1)

    def begin(self, line):
        self._process.stdin.write(line + "\n")

    def answer(self):
        return self._process.stdout.readline().strip()

    def do(self, line):
        self.begin(line)
        return self.answer()

    def end(self):
        self._process.communicate(timeout=20)
        assert self._process.returncode == 0


@pytest.fixture
def new():
    process = NewCode()
    yield process
    process.end()


def paid(times):
    return sum(decide([asking(pay("ann", "bob", 1))])[0].succeeded for _ in range(times))


def bob():
    """What he got, by the balances and by the entries."""
    entries = Entry.objects.filter(account="bob")
    return Balance.objects.get(account="bob").credits, sum(each.amount for each in entries)


def test_each_writes_what_it_has_made_and_new_code_brings_the_rest(new):
    rich("ann", 1_000)
    rich("bob", 0)
    balances = next(each for each in projections() if each.name == "balances")
    assert new.do("rebuild") == "True"

    new.begin(f"pay {MANY}")
    assert paid(MANY) == MANY
    assert new.answer() == str(MANY)

    assert bob()[1] == 2 * MANY
    assert bob()[0] < 2 * MANY, "old code does not write the table of the new"
    assert ProjectionState.objects.get(name="balances").behind_since is not None
    assert catch_up(balances) == 0, "nor does its worker"
    assert any("balances was built by version" in said for said in behind())

    assert new.do("follow") == "[]"
    assert bob() == (2 * MANY, 2 * MANY)
    assert new.do("pay 1") == "1"
    assert bob() == (2 * MANY + 1, 2 * MANY + 1)
    assert new.do("sound") == "[]"
