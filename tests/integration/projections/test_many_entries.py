"""However many entries an account has, what it was at any two times is found by few look-ups."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projections.ledger import queries, statements
from projections.ledger.history import Moment
from projections.ledger.models import Balance
from projections.ledger.statements import Cut
from tests.examples.long_account import DAYS, FIRST, fill
from tests.examples.people import SAM
from tests.integration.admin.test_scale import worst

pytestmark = pytest.mark.django_db(transaction=True)

FEW = 60
"""Rows that a statement may look at besides."""

SUM = """
SELECT coalesce(sum(amount) FILTER (WHERE direction = 'debit'), 0),
    coalesce(sum(amount) FILTER (WHERE direction = 'credit'), 0)
FROM ledger_entry WHERE position <= %s AND effective_on <= %s"""


def moments(many: int) -> list[Moment]:
    """Positions and dates from one end to the other, and none."""
    days = [None, *(FIRST + timedelta(days=DAYS * tenth // 10) for tenth in (0, 1, 5, 9, 10))]
    return [
        Moment(many * tenth // 10 + 1, day, past=tenth < 10, fixed=True)
        for tenth in (1, 5, 9, 10)
        for day in days
    ]


def then(moment: Moment) -> tuple[int, int]:
    found = queries.account(SAM.principal, "ann", moment)
    return found.debits, found.credits


def added_up(moment: Moment) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(SUM, [moment.position, moment.day or date.max])
        return tuple(map(int, cursor.fetchone()))


def looked_at(moment: Moment) -> float:
    """How many rows the costliest of its statements looks at."""
    with CaptureQueriesContext(connection) as made:
        then(moment)
    return worst(made)


@pytest.mark.parametrize("many", [20_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_it_is_added_up_from_few_rows_for_each_day_of_the_nearer_side(many):
    fill(many)
    for moment in moments(many):
        assert then(moment) == added_up(moment), moment
        days = 0 if moment.day is None else DAYS // 2
        assert looked_at(moment) <= 4 * days + FEW, moment


def test_a_statement_begins_with_a_few_rows_for_each_day_too():
    fill(20_000)
    account = Balance.objects.get(account="ann")
    cut = Cut(account, Moment(20_001), since=FIRST + timedelta(days=DAYS - 100))
    with CaptureQueriesContext(connection) as made:
        statements.edges(cut)
        statements.statement(cut, limit=50)
    assert worst(made) <= 4 * 100 + FEW
