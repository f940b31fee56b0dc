"""`manage.py stats`: how much there is, without counting what would take long."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from commands.engine import patterns
from commands.engine.models import Request
from eventstore import statistics
from eventstore.store import latest_position
from projections.ledger.models import Balance
from tests.examples.asking import ask, rich
from tests.examples.ledger import pay

pytestmark = pytest.mark.django_db(transaction=True)


def stats(**options):
    output = io.StringIO()
    call_command("stats", stdout=output, **options)
    return output.getvalue()


def found():
    return json.loads(stats(json=True))


@pytest.fixture(autouse=True)
def log():
    rich("ann", 500)
    for amount in range(1, 6):
        ask(pay("ann", "world", amount))
    ask(pay("ann", "world", 10_000))


def test_it_tells_of_events_by_day_and_type():
    told = found()
    assert told["position"] == latest_position()
    assert sum(each["events"] for each in told["types"]) == latest_position()
    types = {each["type"]: each["events"] for each in told["types"]}
    assert (types["ledger.account_opened"], types["ledger.transfer_posted"]) == (2, 6)
    assert len(told["days"]) == 7
    # The test may have begun before midnight.
    assert sum(each["events"] for each in told["days"][-2:]) == latest_position()
    assert told["days"][-1]["day"] in {
        datetime.now(UTC).date().isoformat(),
        (datetime.now(UTC) - timedelta(minutes=1)).date().isoformat(),
    }
    assert told["events_per_second"]["hour"] == pytest.approx(latest_position() / 3600)


def test_it_tells_of_read_tables_and_room():
    told = found()
    rows = {each["name"]: each["rows"] for each in told["read_tables"]}
    assert rows["balances"] == Balance.objects.count() == 2
    disk = told["disk"]
    assert disk["bytes"] == sum(each["bytes"] for each in disk["tables"])
    assert {"eventstore_event", "commands_request"} < {each["name"] for each in disk["tables"]}


def test_it_tells_what_was_asked_as_far_as_it_is_counted():
    assert found()["requests"]["counted_until"] is None
    an_hour_ago = timezone.now() - timedelta(hours=1)
    Request.objects.update(received_at=an_hour_ago - timedelta(milliseconds=20))
    Request.objects.update(decided_at=an_hour_ago)
    patterns.catch_up(lambda *_: None)
    told = found()["requests"]
    assert {
        (each["command"], each["status"], each["road"], each["requests"]) for each in told["counts"]
    } == {
        ("open_account", "succeeded", "at once", 2),
        ("post_transfer", "succeeded", "at once", 6),
        ("post_transfer", "refused", "at once", 1),
    }
    times = {each["command"]: each["p95"] for each in told["decided_in_ms"]}
    assert times["post_transfer"] == pytest.approx(20, rel=0.05)


def test_what_is_many_is_told_as_an_estimate(monkeypatch):
    monkeypatch.setattr(statistics, "MANY", 4)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE eventstore_event; ANALYZE ledger_entry")
    by_name = {each.name: str(each) for each in statistics.by_type()}
    assert by_name["ledger.transfer_posted"] == "about 6"
    assert by_name["ledger.account_opened"] == "2"
    assert str(statistics.rows("ledger_entry")) == "about 12"
    monkeypatch.setattr(statistics, "SHARES", "SELECT 'nothing', 0 WHERE %s = ''")
    nobody_knows = {each.name: str(each) for each in statistics.by_type()}
    assert nobody_knows["ledger.transfer_posted"] == "more than 4"


def test_a_page_tells_an_estimate_as_one(monkeypatch):
    monkeypatch.setattr(statistics, "MANY", 4)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE eventstore_event")
    assert "  ledger.transfer_posted               about 6\n" in stats()


def test_a_page_has_each_of_them():
    said = stats()
    for heading in (f"{latest_position()} events", "By type", "Rows of read tables", " on disk"):
        assert heading in said
    assert "Requests of the last day (not counted yet)" in said
    assert "  balances                             2\n" in said
