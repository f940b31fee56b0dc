"""The ledger's read tables against its events."""

import pytest
from django.db import connection

from projections.engine.differences import differences
from projections.engine.projector import projections
from projections.engine.rebuild import rebuild
from projections.ledger.models import Balance, Entry, Transfer
from tests.examples.asking import ask, rich
from tests.examples.ledger import credit, debit, open_account, pay, transfer

pytestmark = pytest.mark.django_db

LEDGER = {"balances": Balance, "entries": Entry, "transfers": Transfer}


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
        ("entries", "SET net = 0 WHERE account = 'cash'", None, ["net"]),
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


def test_the_running_balance_of_an_entry_is_the_sum_so_far(busy):
    for code in ("ann", "bob", "cash", "world"):
        net = 0
        for entry in Entry.objects.filter(account=code).order_by("position"):
            net += entry.amount if entry.direction == "credit" else -entry.amount
            assert entry.net == net
        balance = Balance.objects.get(account=code)
        assert balance.credits - balance.debits == net


def test_debits_equal_credits_over_the_whole_ledger(busy):
    assert sum(b.debits - b.credits for b in Balance.objects.all()) == 0
