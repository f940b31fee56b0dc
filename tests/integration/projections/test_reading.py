"""Reading several tables at one position, while they are made anew."""

import pytest
from django.db import connection

from eventstore.store import latest_position
from projections.engine.reading import snapshot
from projections.ledger.models import Balance, Entry
from tests.examples.asking import ask, rich
from tests.examples.connections import InThread, another_connection, blocked, until
from tests.examples.ledger import pay

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_reader_never_sees_a_table_that_is_being_made_anew():
    """Its tables are locked before its snapshot is taken: after it, they would look empty."""
    rich("ann", 100)

    def read():
        with snapshot(Balance, Entry):
            return Balance.objects.count(), Entry.objects.count()

    with another_connection() as other:
        other.execute("LOCK TABLE ledger_balance IN ACCESS EXCLUSIVE MODE")
        other.execute("CREATE TEMPORARY TABLE made AS SELECT * FROM ledger_balance")
        other.execute("TRUNCATE ledger_balance")
        reading = InThread(read)
        until(blocked("relation"), "the reader's wait for the table")
        other.execute("INSERT INTO ledger_balance SELECT * FROM made")
        other.commit()
    assert reading.result() == (2, 2)


def test_all_statements_of_a_read_show_one_position():
    rich("ann", 100)
    with snapshot(Balance, Entry) as position:
        before = Balance.objects.get(account="ann").posted
        InThread(lambda: ask(pay("ann", "world", 1))).result()
        assert Balance.objects.get(account="ann").posted == before
        assert latest_position() == position
        assert max(Entry.objects.values_list("position", flat=True)) <= position
    assert latest_position() > position


def test_a_read_changes_nothing():
    rich("ann", 100)
    with pytest.raises(Exception, match="read-only"), snapshot(Balance):
        Balance.objects.all().delete()
    assert not connection.in_atomic_block
    assert Balance.objects.count() == 2
