"""`verify` names whatever is not what the events say."""

import io
import json
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from commands.ledger.messages import CaptureHold, PlaceHold
from tests.examples.asking import ask, rich
from tests.examples.forging import forge
from tests.examples.ledger import open_account, pay

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ledger():
    rich("ann", 500)
    rich("bob", 20)
    ask(pay("ann", "bob", 123, reference="r-1"), key="k")
    ask(pay("bob", "ann", 10**6))
    ask(open_account("cash", normal_balance="debit"))


def verify(*names, **options):
    """The report and whether the command ended well."""
    output = io.StringIO()
    try:
        call_command("verify", *names, json=True, stdout=output, **options)
    except SystemExit as error:
        assert error.code == 1
    return json.loads(output.getvalue())


def findings(report):
    """The names of the checks that found something."""
    return {each["name"] for each in report["checks"] if each["findings"]}


def test_nothing_differs_in_a_ledger_that_was_left_alone():
    report = verify()
    assert report["clean"]
    assert findings(report) == set()
    assert len(report["checks"]) >= 10


def test_what_is_captured_of_a_hold_is_matched_with_its_transfer():
    placed = ask(PlaceHold(account="ann", amount=100))
    hold = UUID(placed.body["hold"]["id"])
    ask(CaptureHold(account="ann", hold=hold, amount=40, payee="bob", final=False))
    assert findings(verify()) == set()
    forge(f"{EVENTS} data = data || '{{\"amount\": \"41\"}}' WHERE type = 'ledger.hold_captured'")
    assert "double entry" in findings(verify())


EVENTS, STREAMS = "UPDATE eventstore_event SET", "UPDATE eventstore_stream SET"


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (f'{EVENTS} data = data || \'{{"name": "x"}}\' WHERE position = 2', "digests states"),
        (f"{EVENTS} metadata = '{{}}' WHERE position = 2", "digests requests"),
        (f"{EVENTS} recorded_at = recorded_at - interval '1 s' WHERE position = 5", "seals"),
        (f"{EVENTS} seal = digest WHERE position = 1", "seals"),
        (f"{EVENTS} seal = NULL WHERE position = 1", "seals"),
        (f"{EVENTS} digest = decode('00', 'hex') WHERE position = 3", "digests seals"),
        (f"{EVENTS} version = 9 WHERE position = 5", "versions digests"),
        (f"{EVENTS} position = 99 WHERE position = 1", "positions seals"),
        (
            "DELETE FROM eventstore_event WHERE position = 4",
            "positions versions seals requests entries balances",
        ),
        (f"{STREAMS} version = version + 1 WHERE name = 'account-ann'", "versions"),
        (f"{STREAMS} state = replace(state, 'ann', 'zoe') WHERE name = 'account-ann'", "states"),
        ("UPDATE commands_request SET first_position = 1 WHERE key = 'k'", "requests"),
        ("UPDATE commands_request SET events = events + 1 WHERE key = 'k'", "requests"),
        ("UPDATE commands_request SET events = events - 1 WHERE key = 'k'", "requests"),
        (
            "UPDATE commands_request SET events = events + 1"
            " WHERE first_position = (SELECT max(first_position) FROM commands_request)",
            "requests",
        ),
        ("DELETE FROM commands_request WHERE key = 'k'", "requests"),
        ("UPDATE ledger_balance SET debits = debits + 1 WHERE account = 'ann'", "balances"),
        ("DELETE FROM ledger_entry WHERE account = 'bob'", "entries"),
        ("UPDATE ledger_transfer SET legs = '[]' WHERE reference = 'r-1'", "transfers"),
    ],
    ids=lambda value: value[:70],
)
def test_what_was_forged_is_named(statement, named):
    forge(statement)
    report = verify()
    assert not report["clean"]
    assert set(named.split()) <= findings(report)


@pytest.mark.django_db(transaction=True)
def test_what_keeps_a_check_from_going_on_is_named_and_the_others_go_on():
    forge("UPDATE eventstore_event SET type = 'ledger.other' WHERE position = 1")
    report = verify()
    assert {"digests", "states", "balances"} <= findings(report)
    assert "cannot go on" in str(report)
    assert len(report["checks"]) >= 10


def test_read_tables_are_repaired_and_the_log_is_not():
    forge("UPDATE ledger_balance SET debits = debits + 1 WHERE account = 'ann'")
    report = verify(repair=True)
    assert report["clean"]
    assert [each["name"] for each in report["checks"] if each["repaired"]] == ["balances"]
    assert findings(verify()) == set()
    forge("UPDATE eventstore_event SET seal = digest WHERE position = 1")
    assert not verify(repair=True)["clean"]


def test_one_check_may_be_asked_for_by_name():
    assert [each["name"] for each in verify("seals", "balances")["checks"]] == ["seals", "balances"]
    with pytest.raises(CommandError, match="There is no check 'nope'"):
        call_command("verify", "nope")


def test_people_are_told_in_words():
    forge("UPDATE ledger_balance SET debits = debits + 1 WHERE account = 'ann'")
    output = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("verify", stdout=output)
    assert "ledger_balance ann: debits is 124, not 123" in output.getvalue()
    assert output.getvalue().endswith("Something differs.\n")
