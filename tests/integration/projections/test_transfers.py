"""Whose transfers are whose: an account is named by its legs, also by those that cancel out."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projections.ledger import queries
from projections.ledger.models import Entry, Transfer
from tests.examples.asking import ask, rich
from tests.examples.ledger import credit, debit, pay, transfer
from tests.examples.people import ANN, BOB, EVE, SAM
from tests.integration.admin.test_scale import worst

pytestmark = pytest.mark.django_db

MANY = """
INSERT INTO ledger_transfer (id, position, legs, effective_on, recorded_at, description, reference,
                             metadata)
SELECT gen_random_uuid(), 1000 + n, format('[{"amount": "%s"}, {"amount": "%s"}]', n, n)::json,
       '2026-01-01', now(), '', '', '{}' FROM generate_series(1, 5000) AS n"""


@pytest.fixture
def through():
    """A transfer from the world to Bob that passes through Ann's account and leaves nothing."""
    rich("bob", 100, BOB)
    rich("ann", 0, ANN)
    rich("eve", 0, EVE)
    legs = debit("world", 5), credit("ann", 5), debit("ann", 5), credit("bob", 5)
    ask(transfer(*legs))
    return Transfer.objects.latest("position")


def found(person, **filters):
    return [row.id for row in queries.transfers(person.principal, limit=10, **filters)]


def test_a_transfer_whose_legs_cancel_out_in_an_account_is_its_owners_too(through):
    assert not Entry.objects.filter(account="ann").exists()
    assert found(ANN) == [through.id]
    assert queries.transfer(ANN.principal, through.id) == through
    assert found(EVE) == []
    assert queries.transfer(EVE.principal, through.id) is None


def test_it_is_found_by_that_account_and_once(through):
    for person in (ANN, SAM):
        assert found(person, account="ann") == [through.id]
    assert found(BOB, account="ann") == []
    assert found(BOB, account="bob").count(through.id) == 1
    assert found(SAM, account="eve") == []


def test_no_way_to_them_reads_all_of_them(through):
    with connection.cursor() as cursor:
        cursor.execute(f"{MANY}; REINDEX TABLE ledger_transfer; ANALYZE ledger_transfer")
        cursor.execute("SET LOCAL enable_seqscan = off")  # The others are small.
    with CaptureQueriesContext(connection) as captured:
        found(ANN, account="ann")
        found(ANN, account="ann", until=date(2099, 1, 1))
    plans = [explained(each["sql"]) for each in captured]
    assert len(plans) == 3
    for plan, ways in zip(plans, (0, 1, 1), strict=True):
        assert plan.count("Bitmap Index Scan on transfer_parties") == ways
        assert "Seq Scan" not in plan


def explained(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(line for (line,) in cursor)


def amounts(*found) -> list[list[str]]:
    return [[leg["amount"] for leg in row.legs] for row in found]


def test_transfers_are_found_by_the_amount_of_any_leg(through):
    most = 10**38 - 1
    ask(transfer(debit("world", 7), credit("ann", 3), credit("bob", 4)))
    ask(pay("world", "ann", most))
    for amount, expected in {5: ["5"] * 4, 4: ["7", "3", "4"], 7: ["7", "3", "4"]}.items():
        found = queries.transfers(SAM.principal, amount=amount, limit=9)
        assert amounts(*found) == [expected]
    (found,) = queries.transfers(SAM.principal, amount=most, limit=9)
    assert amounts(found) == [[str(most)] * 2]
    assert queries.transfers(BOB.principal, amount=most, limit=9) == []
    assert queries.transfers(SAM.principal, amount=6, limit=9) == []
    assert queries.transfers(SAM.principal, amount=4, account="eve", limit=9) == []


def test_no_amount_is_looked_for_in_all_of_them(through):
    with CaptureQueriesContext(connection) as captured:
        queries.transfers(SAM.principal, amount=5, limit=9)
    with connection.cursor() as cursor:
        cursor.execute(f"{MANY}; REINDEX TABLE ledger_transfer; ANALYZE ledger_transfer")
        cursor.execute(f"EXPLAIN {captured.captured_queries[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor)
    both = "Index Scan on transfer_amount .*Index Scan on transfer_amounts "
    assert re.search(both, plan, re.DOTALL), plan


@pytest.mark.parametrize("ends", [{"since": date(2027, 1, 1)}, {"until": date(2025, 1, 1)}])
def test_dates_of_which_there_is_none_are_not_looked_for_in_all_of_them(ends):
    with connection.cursor() as cursor:
        cursor.execute(f"{MANY}; REINDEX TABLE ledger_transfer; ANALYZE ledger_transfer")
    with CaptureQueriesContext(connection) as captured:
        assert queries.transfers(SAM.principal, limit=9, **ends) == []
    assert worst(captured) <= 9
