"""What compares the read tables with the log finds a row that is not what the log says."""

from datetime import date

import pytest
from django.db import connection

from commands.ledger.messages import CloseBooks, PlaceHold
from projections.engine.projector import projections
from tests.examples.asking import ask, rich
from tests.examples.following import follow, rows
from tests.examples.instructing import instructed
from tests.examples.ledger import pay
from tests.examples.people import CLEO
from tests.integration.model.comparing import rebuilt_the_same, verify

pytestmark = pytest.mark.django_db

TABLES = {each.name: each for each in projections()}


@pytest.fixture
def kept():
    """A ledger with rows in every read table, all of them as the log says."""
    for code in ("ann", "bob", "cat"):
        rich(code, 100)
    ask(pay("ann", "bob", 1))
    ask(PlaceHold(account="ann", amount=3))
    instructed()
    ask(CloseBooks(through=date(2026, 1, 31), reason="Month"), by=CLEO)
    follow()
    verify()


@pytest.mark.parametrize("compare", [verify, rebuilt_the_same])
@pytest.mark.parametrize("name", TABLES)
def test_a_row_that_is_lost_is_found(kept, name, compare):
    table = TABLES[name].table
    assert rows(TABLES[name])
    with connection.cursor() as cursor:
        first = f"SELECT {table.key} FROM {table.name} ORDER BY {table.key} LIMIT 1"
        cursor.execute(f"DELETE FROM {table.name} WHERE {table.key} = ({first})")
    with pytest.raises(AssertionError, match=name):
        compare()
