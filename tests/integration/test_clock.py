"""The clock that tests can set is the one that the product goes by."""

import pytest
from django.db import connection

from commands.engine.sweep import sweep
from commands.ledger.messages import PlaceHold
from eventstore.store import read_all
from projections.ledger.models import Balance, Hold
from tests.examples.asking import ask, rich
from tests.examples.clock import NOON, standing
from tests.examples.connections import another_connection


@pytest.mark.django_db
def test_what_happens_is_recorded_at_its_time():
    with standing() as clock:
        rich("ann", 100)
        clock.advance(days=3)
        rich("bob", 0)
        times = [event.recorded_at for event in read_all()]
    assert times[0] == NOON
    assert times[-1] == clock.now


@pytest.mark.django_db
def test_a_hold_is_overdue_at_the_very_moment_and_not_before():
    with standing() as clock:
        rich("ann", 100)
        ask(PlaceHold(account="ann", amount=10, expires_in=1))
        clock.advance(seconds=1, microseconds=-1)
        assert (Balance.objects.get(account="ann").held, sweep()) == (10, 0)
        clock.advance(microseconds=1)
        assert Balance.objects.get(account="ann").held == 0
        assert Hold.objects.get().status_now == "expired"
        assert sweep() == 1


@pytest.mark.django_db(transaction=True)
def test_other_connections_have_the_same_time_and_later_ones_the_usual():
    with standing() as clock, another_connection() as other:
        clock.advance(hours=1)
        assert other.execute("SELECT now(), current_schema()").fetchone() == (clock.now, "public")
    with another_connection() as other, connection.cursor() as cursor:
        assert other.execute("SELECT now() = pg_catalog.now()").fetchone() == (True,)
        cursor.execute("SELECT now() = pg_catalog.now()")
        assert cursor.fetchone() == (True,)
