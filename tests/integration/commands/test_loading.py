"""A command costs the same however long its streams are: a state is loaded, not a history."""

import pytest
from django.db import connection

from commands.engine.deciding import PATIENCE
from commands.engine.run import write_all
from eventstore import heads, reading, registry
from eventstore.models import Stream
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


@pytest.fixture
def unfolded(monkeypatch):
    """How many events were read and not folded yet, each time that one was read."""
    recorded, load = reading.recorded, registry.load
    found, folded = [0], [0]

    def read(row):
        found.append(len(found) - folded[0])
        return recorded(row)

    def fold(event):
        folded[0] += 1
        return load(event)

    for module in (heads, reading):
        monkeypatch.setattr(module, "recorded", read)
    monkeypatch.setattr(registry, "load", fold)
    return found


def test_what_other_code_has_folded_is_folded_anew_a_piece_at_a_time(unfolded, monkeypatch):
    """All events of an account that is years old are more than there is memory for."""
    rich("ann", 9)
    rich("bob", 9)
    for _ in range(8):
        ask(pay("world", "ann", 1))
    Stream.objects.update(state='{"wrong": 1}', state_code="other code")
    monkeypatch.setattr(heads, "AT_ONCE", 4)
    monkeypatch.setattr(heads, "PIECE", 3)
    assert ask(pay("ann", "bob", 17)).succeeded
    assert len(unfolded) > 10
    assert max(unfolded) <= 4 + 3
    assert not ask(pay("ann", "bob", 1)).succeeded
    assert Balance.objects.get(account="ann").posted == 0
