"""A command costs the same however long its streams are: a state is loaded, not a history."""

import pytest
from django.db import connection

from commands.engine.deciding import PATIENCE
from commands.engine.run import write_all
from projections.ledger.models import Balance
from tests.examples.asking import ask, asking, rich
from tests.examples.ledger import open_account, pay
from tests.examples.many import lengthen

pytestmark = pytest.mark.django_db

NOISE = 20
"""A head that changed in this very transaction is read with its versions that are no more."""

READ = """
SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)
FROM pg_stat_xact_user_tables WHERE schemaname = current_schema()"""


@pytest.fixture
def streams(request):
    """Two accounts that have ten events each, and a third with very many."""
    rich("short", 9)
    rich("long", 9)
    for _ in range(8):
        ask(pay("world", "short", 1))
        ask(pay("world", "long", 1))
    lengthen("account-long", 1_000_000 if request.config.getoption("--all") else 50_000)


def rows_read():
    with connection.cursor() as cursor:
        cursor.execute(READ)
        return dict(cursor.fetchall())


def cost(asked):
    """The rows that deciding this reads, by table, with the plans that the writer asks for."""
    before = rows_read()
    (outcome,) = write_all([asked], PATIENCE).outcomes
    assert outcome.succeeded, outcome.answer
    return {name: count - before.get(name, 0) for name, count in rows_read().items()}


def test_a_command_reads_as_much_of_a_long_stream_as_of_a_short_one(streams):
    short = cost(asking(pay("short", "world", 1)))
    long = cost(asking(pay("long", "world", 1)))
    assert {name for name, count in long.items() if abs(count - short[name]) > NOISE} == set()
    assert sum(long.values()) < 200
    assert Balance.objects.get(account="long").posted == 16


def test_opening_an_account_reads_nothing_of_the_others(streams):
    assert sum(cost(asking(open_account("new"))).values()) < 200
