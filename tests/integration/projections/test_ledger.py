"""The ledger's read tables against its events."""

from collections import Counter
from datetime import date
from importlib import import_module

import pytest
from django.db import connection

from commands.ledger.messages import ChangeAccountDetails
from projections.engine.differences import differences
from projections.engine.projector import projections
from projections.engine.reading import behind
from projections.engine.rebuild import rebuild
from projections.ledger.models import AccountDetails, Balance, Entry, Transfer
from tests.examples.asking import ask, rich
from tests.examples.ledger import credit, debit, open_account, pay, transfer

pytestmark = pytest.mark.django_db

LEDGER = {
    "balances": Balance,
    "details": AccountDetails,
    "entries": Entry,
    "transfers": Transfer,
}


@pytest.fixture
def busy():
    """A ledger in which something of everything has happened."""
    rich("ann", 500)
    rich("bob", 20)
    ask(open_account("cash", normal_balance="debit", metadata={"till": "1"}))
    ask(pay("ann", "bob", 123, description="Rent", reference="r-1", metadata={"a": "b"}))
    ask(transfer(debit("cash", 7), credit("ann", 7)))
    ask(transfer(debit("ann", 5), credit("ann", 2), credit("bob", 3)))
    ask(pay("bob", "ann", 10**6))
    ask(pay("ann", "bob", 3, effective_on=date(2026, 1, 2)))
    ask(pay("bob", "ann", 2, effective_on=date(2026, 1, 2)))
    ask(ChangeAccountDetails(account="ann", name="Ann A."))


def rows(model):
    return list(model.objects.order_by("pk").values())


@pytest.mark.parametrize("name", LEDGER)
def test_a_table_made_anew_is_the_table_kept_alive(busy, name):
    (projection,) = [each for each in projections() if each.name == name]
    before = rows(LEDGER[name])
    assert before
    assert list(differences(projection)) == []
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {projection.table.name}")
    assert rebuild(projection).events > 0
    assert rows(LEDGER[name]) == before


@pytest.mark.parametrize(
    ("name", "damage", "key", "columns"),
    [
        ("balances", "SET credits = credits + 1 WHERE account = 'ann'", "ann", ["credits"]),
        (
            "balances",
            "SET name = 'Eve', debits = 1 WHERE account = 'bob'",
            "bob",
            ["name", "debits"],
        ),
        ("details", "SET name = 'Eve' WHERE account = 'bob'", None, ["name"]),
        ("entries", "SET debits = 0 WHERE account = 'cash'", None, ["debits"]),
        ("entries", "SET day_debits = 0 WHERE account = 'cash'", None, ["day_debits"]),
        ("transfers", "SET reference = 'x' WHERE reference = 'r-1'", None, ["reference"]),
    ],
)
def test_a_row_that_was_tampered_with_is_named(busy, name, damage, key, columns):
    (projection,) = [each for each in projections() if each.name == name]
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {projection.table.name} {damage}")
    (found,) = differences(projection)
    assert sorted(found.columns) == sorted(columns)
    assert key in (None, found.key)


def test_missing_and_surplus_rows_are_named(busy):
    (projection,) = [each for each in projections() if each.name == "balances"]
    Balance.objects.filter(account="ann").update(account="zoe")
    found = {each.key: each for each in differences(projection)}
    assert set(found) == {"ann", "zoe"}
    assert found["ann"].stored is None
    assert found["zoe"].expected is None


def test_an_entry_has_the_totals_of_its_account_and_of_its_day_so_far(busy):
    for code in ("ann", "bob", "cash", "world"):
        total, of_day = Counter(), Counter()
        for entry in Entry.objects.filter(account=code).order_by("position"):
            total[entry.direction] += entry.amount
            of_day[entry.effective_on, entry.direction] += entry.amount
            assert (entry.debits, entry.credits) == (total["debit"], total["credit"])
            assert (entry.day_debits, entry.day_credits) == (
                of_day[entry.effective_on, "debit"],
                of_day[entry.effective_on, "credit"],
            )
        balance = Balance.objects.get(account=code)
        assert (balance.debits, balance.credits) == (total["debit"], total["credit"])


def test_the_last_details_of_an_account_are_what_describes_it_now(busy):
    for balance in Balance.objects.all():
        last = AccountDetails.objects.filter(account=balance.account).latest("position")
        for name in ("name", "overdraft_limit", "owner", "status", "frozen_scope", "metadata"):
            assert getattr(last, name) == getattr(balance, name)


def test_debits_equal_credits_over_the_whole_ledger(busy):
    assert sum(b.debits - b.credits for b in Balance.objects.all()) == 0


def test_a_ledger_from_before_two_times_is_said_to_be_behind_until_it_is_rebuilt(busy):
    sql = import_module("projections.ledger.migrations.0005_two_times").REBUILD
    by_name = {each.name: each for each in projections()}
    with connection.cursor() as cursor:
        for _ in range(2):
            cursor.execute(sql)
    assert [sentence.partition(" ")[0] for sentence in behind()] == ["details", "entries"]
    for name in ("details", "entries"):
        rebuild(by_name[name])
    assert behind() == []
