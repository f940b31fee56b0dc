"""Checks read a few rows at a time: where one piece ends and the next begins is all the same."""

import io
import re

import pytest
from django.core.management import call_command

from eventstore import progress
from eventstore.reading import latest_position
from tests.examples.asking import ask
from tests.examples.forging import forge
from tests.examples.ledger import pay
from tests.examples.verifying import verify
from tests.integration.verifying.conftest import FEW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places", "pieces")]


def test_nothing_differs():
    for amount in range(1, 8):
        ask(pay("ann", "bob", amount))
    assert verify() == {}


@pytest.mark.parametrize(
    ("statement", "check", "where"),
    [
        ("UPDATE eventstore_stream SET version = 9 WHERE name = 'account-world'",
         "versions", "stream account-world"),
        ("UPDATE eventstore_stream SET state = replace(state, '143', '9')"
         " WHERE name = 'account-bob'", "states", "stream account-bob"),
        ("UPDATE eventstore_event SET seal = sha256('x') WHERE position = 1",
         "seals", "position 1"),
        ("UPDATE ledger_balance SET debits = 9 WHERE account = 'world'",
         "balances", "ledger_balance world"),
        ("DELETE FROM ledger_balance WHERE account = 'cash'",
         "balances", "ledger_balance cash"),
        ("UPDATE ledger_balance SET account = 'a' WHERE account = 'ann'",
         "balances", "ledger_balance a"),
    ],
)  # fmt: skip
def test_what_differs_is_found_wherever_it_stands(statement, check, where):
    forge(statement)
    assert where in verify(check)[check]


def test_each_difference_is_found_once():
    forge("UPDATE ledger_balance SET version = 99")
    assert verify("balances")["balances"].keys() == {
        f"ledger_balance {name}" for name in ("ann", "bob", "cash", "world")
    }


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("as_json", [False, True])
def test_a_terminal_is_shown_how_far_each_check_has_come_a_program_is_not(as_json, monkeypatch):
    monkeypatch.setattr(progress, "REDRAW", 0)
    beside = Terminal()
    call_command("verify", "seals", json=as_json, stdout=io.StringIO(), stderr=beside)
    shown = re.findall(r"seals: ([\d,]+) of \d+ \(\d+ %\), [\d,]+/s, \d+ s left", beside.getvalue())
    assert shown == ([] if as_json else [str(n) for n in range(4, latest_position(), FEW)])
    assert beside.getvalue().endswith("" if as_json else progress.WIPE)


def test_what_is_not_matched_is_told_when_it_will_be_no_more(places):
    change = 'data = data || \'{"amount": "5"}\''
    forge(f"UPDATE eventstore_event SET {change} WHERE position = {places['middle']}")
    ((where, what),) = verify("double entry")["double entry"].items()
    assert where.startswith("transfer ")
    assert "its legs and ann differ by" in what
