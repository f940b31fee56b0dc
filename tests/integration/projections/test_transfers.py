"""Whose transfers are whose: an account is named by its legs, also by those that cancel out."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projections.ledger import queries
from projections.ledger.models import Entry, Transfer
from tests.examples.asking import ask, rich
from tests.examples.ledger import credit, debit, pay, transfer
from tests.examples.people import ANN, BOB, EVE, SAM

pytestmark = pytest.mark.django_db


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
    for _ in range(20):
        ask(pay("bob", "world", 1))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(connection) as captured:
        found(ANN, account="ann")
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {captured.captured_queries[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor)
    assert plan.count("Bitmap Index Scan on transfer_parties") == 2
    assert "Seq Scan" not in plan
