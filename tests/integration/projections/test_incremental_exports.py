"""Exports that go on where the last one ended: nothing twice, nothing left out."""

import csv
import io
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commands.ledger.messages import (
    ChangeAccountDetails,
    ChangeOverdraftLimit,
    CloseAccount,
    FreezeAccount,
    ReopenAccount,
    UnfreezeAccount,
)
from eventstore.models import Epoch
from eventstore.store import latest_position
from tests.examples.asking import ask
from tests.examples.factories import user
from tests.examples.http import Api
from tests.examples.ledger import open_account, pay
from tests.examples.people import ANN, SAM

CHANGES = [
    ChangeAccountDetails(account="ann", name="Anna", metadata={"k": "v"}, owner=ANN.id),
    ChangeAccountDetails(account="ann", owner=None),
    ChangeOverdraftLimit(account="ann", overdraft_limit=10**30, reason="Asked"),
    ChangeOverdraftLimit(account="ann", overdraft_limit=None, reason="Asked"),
    FreezeAccount(account="ann", scope="debits", reason="Lost"),
    UnfreezeAccount(account="ann", reason="Found"),
    FreezeAccount(account="empty", scope="all", reason="Lost"),
    UnfreezeAccount(account="empty", reason="Found"),
    CloseAccount(account="empty", reason="Left"),
    ReopenAccount(account="empty", reason="Back"),
]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ledger():
    """Ten transfers, of currencies of other exponents, between openings of accounts."""
    user(ANN)
    ask(open_account("outside:bank", overdraft_limit=None))
    ask(open_account("ann"))
    ask(open_account("empty"))
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
    assert len(found) == 15


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


def test_an_account_that_changed_comes_again_as_it_is_then():
    _, place = after(0)
    for changed in CHANGES:
        assert ask(changed).succeeded
        (line,) = after(place)[0].splitlines()
        _, place = after(place)
        account = json.loads(line)["account"]
        shown = Api(SAM).get(f"/accounts/{changed.account}").json()
        told = account.keys() - {"position", "id", "recorded_at"}
        assert {name: account[name] for name in told} == {name: shown[name] for name in told}
        assert shown.keys() - told == {
            "posted", "held", "available", "debits", "credits", "version", "position",
        }  # fmt: skip
        assert (account["id"], account["position"]) == (changed.account, latest_position())


def test_an_account_comes_once_where_it_changed_first():
    _, place = after(0)
    ask(ChangeAccountDetails(account="ann", name="Anna"))
    first = latest_position()
    ask(open_account("carl"))
    ask(pay("outside:bank", "carl", 5))
    for each in ("ann", "carl"):
        ask(FreezeAccount(account=each, scope="debits", reason="Lost"))
    ask(ChangeAccountDetails(account="ann", name="Anne"))
    lines = [json.loads(line) for line in after(place)[0].splitlines()]
    assert [next(iter(each)) for each in lines] == ["account", "account", "transfer"]
    ann, carl = lines[0]["account"], lines[1]["account"]
    assert (ann["position"], ann["name"], ann["status"]) == (first, "Anne", "frozen")
    assert (carl["position"], carl["frozen_scope"]) == (first + 1, "debits")


def test_who_stores_each_part_has_what_is_there_wherever_it_is_cut():
    begun = latest_position()
    for changed in CHANGES:
        ask(changed)
    ask(ChangeAccountDetails(account="outside:bank", metadata={"a": "b"}))
    for step in (1, 2, 3, 100):
        stored, place, head = {}, "0", latest_position()
        for position in [*range(step, head, step), head]:
            text, place = after(place, upto=position)
            lines = [json.loads(line) for line in text.splitlines()]
            stored |= {x["account"]["code"]: x["account"] for x in lines if "account" in x}
            if position < begun:
                assert all(each["status"] == "open" for each in stored.values())
        shown = {each["code"]: each for each in Api(SAM).get("/accounts").json()["accounts"]}
        assert stored.keys() == shown.keys()
        for code, account in stored.items():
            for name in ("name", "overdraft_limit", "owner", "status", "frozen_scope", "metadata"):
                assert account[name] == shown[code][name]


def test_what_an_export_asks_does_not_grow_with_its_accounts():
    def asked():
        with CaptureQueriesContext(connection) as queries:
            after(0)
        return len(queries)

    few = asked()
    for number in range(20):
        ask(open_account(f"many:{number}"))
        ask(ChangeAccountDetails(account=f"many:{number}", name="Other"))
    assert asked() == few


@pytest.mark.parametrize("format_", ["beancount", "hledger"])
def test_an_account_that_changed_is_opened_once(format_):
    before = exported(format_)[0]
    ask(ChangeAccountDetails(account="ann", name="Anna"))
    assert exported(format_)[0].splitlines()[1:] == before.splitlines()[1:]


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
