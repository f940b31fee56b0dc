"""Exports that go on where the last one ended: nothing twice, nothing left out."""

import csv
import io
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from eventstore.models import Epoch
from eventstore.store import latest_position
from tests.examples.asking import ask
from tests.examples.ledger import open_account, pay

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ledger():
    """Ten transfers, of currencies of other exponents, between openings of accounts."""
    ask(open_account("outside:bank", overdraft_limit=None))
    ask(open_account("ann"))
    for amount in range(1, 6):
        ask(pay("outside:bank", "ann", amount))
    ask(open_account("outside:tokyo", currency="JPY", overdraft_limit=None))
    ask(open_account("bob", currency="JPY"))
    for amount in range(6, 11):
        ask(pay("outside:tokyo", "bob", amount))


def exported(format_, *arguments):
    """What is written, and the place that is said."""
    out, error = StringIO(), StringIO()
    call_command("export", "--format", format_, *arguments, stdout=out, stderr=error)
    return out.getvalue(), error.getvalue().strip()


def after(place, format_="jsonl", **upto):
    at = [f"--at-position={position}" for position in upto.values()]
    return exported(format_, f"--after-position={place}", *at)


def test_the_whole_is_what_comes_after_nothing():
    for format_ in ("csv", "jsonl"):
        text, place = after(0, format_)
        assert text == exported(format_)[0]
        assert place == f"1:{latest_position()}"
    assert exported("csv")[1] == "", "only who goes on is told where"


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1_000])
@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_parts_that_follow_each_other_are_the_whole(format_, step):
    parts, place, head = [], "0", latest_position()
    for position in [*range(step, head, step), head]:
        text, place = after(place, format_, upto=position)
        parts.append(text)
    header = "position,transfer" if format_ == "csv" else "nothing"
    lines = [
        line for part in parts for line in part.splitlines(True) if not line.startswith(header)
    ]
    whole = exported(format_)[0].splitlines(True)
    assert lines == [line for line in whole if not line.startswith(header)]
    assert place == f"1:{head}"


def test_positions_in_the_middle_of_transfers_leave_nothing_out():
    """Who chooses the positions without regard to transfers has each transfer once as well."""
    head, found = latest_position(), []
    for position in range(head):
        text, _ = after(position, upto=position + 1)
        found += [json.loads(line) for line in text.splitlines()]
    positions = [next(iter(each.values()))["position"] for each in found]
    assert positions == sorted(set(positions))
    assert len(found) == 14


def test_nothing_new_is_nothing_and_the_same_place():
    _, place = after(0)
    assert after(place) == ("", place)
    assert after(place, "csv")[0].count("\n") == 1, "its header"
    ask(pay("outside:bank", "ann", 11))
    (transfer,) = after(place)[0].splitlines()
    assert json.loads(transfer)["transfer"]["legs"][0]["amount"] == "11"


def test_amounts_are_those_of_accounts_that_were_opened_before():
    _, place = after(0)
    ask(pay("outside:bank", "ann", 1250))
    ask(pay("outside:tokyo", "bob", 1250))
    rows = list(csv.DictReader(io.StringIO(after(place, "csv")[0])))
    assert [(row["amount"], row["currency"]) for row in rows] == [
        *[("12.50", "EUR")] * 2,
        *[("1250", "JPY")] * 2,
    ]


@pytest.mark.parametrize("format_", ["beancount", "hledger"])
def test_a_whole_ledger_has_no_parts(format_):
    with pytest.raises(CommandError, match="--after-position is for csv and jsonl"):
        after(3, format_)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("x", "'x' is no place"),
        ("-1", "'-1' is no place"),
        ("1:", "'1:' is no place"),
        ("999999", "Position 999999 is beyond"),
        ("1:999999", "Position 999999 is beyond"),
    ],
)
def test_a_place_that_is_none_is_named(place, said):
    with pytest.raises(CommandError, match=said):
        after(place)


def test_nothing_goes_on_behind_a_log_that_was_restored():
    _, place = after(0)
    Epoch.objects.create(number=2, system_identifier="1", timeline=1, reason="restored")
    with pytest.raises(CommandError, match="The log was restored since 1:"):
        after(place)
    assert after(0)[1].startswith("2:")
