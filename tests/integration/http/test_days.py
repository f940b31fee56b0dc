"""Daily totals over HTTP: days by date, each answer at its position, and waiting for one."""

import asyncio
from datetime import date, timedelta

import pytest

from eventstore.store import checkpoint, latest_position
from projections.engine import waiting
from projections.engine.reading import consumer
from projections.ledger.projectors import daily_totals
from tests.examples.asking import ask, rich
from tests.examples.connections import InThread, another_connection, hops_in_one_thread, until
from tests.examples.following import follow
from tests.examples.http import Api
from tests.examples.ledger import pay
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db

FIRST = date(2026, 1, 10)
PATH = "/accounts/ann/days"
LISTENING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND starts_with(query, 'LISTEN "daybook_projections_')"""


@pytest.fixture
def sam():
    """Three days of Ann's, the worker as far as the log."""
    rich("ann", 0)
    for days in (2, 0, 1):
        on = FIRST + timedelta(days)
        ask(pay("world", "ann", 100 + days, effective_on=on))
        ask(pay("ann", "world", days + 1, effective_on=on))
    follow()
    return Api(SAM)


def dates(answer):
    return [each["day"] for each in answer.json()["days"]]


def test_each_day_has_its_debits_credits_and_how_many_entries_that_were(sam):
    answer = sam.get(PATH)
    assert answer.json() == {
        "position": latest_position(),
        "days": [
            {"day": "2026-01-10", "debits": "1", "credits": "100", "entries": 2},
            {"day": "2026-01-11", "debits": "2", "credits": "101", "entries": 2},
            {"day": "2026-01-12", "debits": "3", "credits": "102", "entries": 2},
        ],
        "next": None,
        "has_more": False,
    }
    assert answer["Daybook-Position"] == str(latest_position())


def test_days_are_bounded_by_dates_and_come_in_either_order(sam):
    assert dates(sam.get(f"{PATH}?since=2026-01-11")) == ["2026-01-11", "2026-01-12"]
    assert dates(sam.get(f"{PATH}?until=2026-01-10")) == ["2026-01-10"]
    assert dates(sam.get(f"{PATH}?since=2026-01-13")) == []
    assert dates(sam.get(f"{PATH}?order=desc&since=2026-01-11")) == ["2026-01-12", "2026-01-11"]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_days_come_in_pages(sam, order):
    found, following = [], ""
    for _ in range(3):
        body = sam.get(f"{PATH}?limit=1&order={order}{following}").json()
        found += [each["day"] for each in body["days"]]
        following = f"&cursor={body['next']}"
    assert (body["next"], body["has_more"]) == (None, False)
    assert sorted(found, reverse=order == "desc") == found
    assert len(found) == 3


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("since=2026-01-12&until=2026-01-11", "until"),
        ("since=today", "since"),
        ("min_position=x", "min_position"),
        ("min_position=-1", "min_position"),
        ("min_position=99999", "min_position"),
        ("as_of=2026-01-01", "as_of"),
    ],
)
def test_what_is_no_such_query_is_refused(sam, query, parameter):
    answer = sam.get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


# --- min_position ----------------------------------------------------------------------------


def test_it_says_at_which_position_it_is_when_the_worker_is_behind(sam):
    reached = latest_position()
    ask(pay("ann", "world", 1, effective_on=FIRST))
    answer = sam.get(PATH)
    assert answer.json()["position"] == reached < latest_position()
    assert answer["Daybook-Position"] == str(reached)
    assert answer.json()["days"][0]["debits"] == "1"


def test_a_position_that_is_reached_is_answered_and_one_that_is_not_is_to_be_asked_again(sam):
    reached = latest_position()
    head = ask(pay("ann", "world", 1, effective_on=FIRST)).position
    assert sam.get(f"{PATH}?min_position={reached}").status_code == 200
    answer = sam.get(f"{PATH}?min_position={head}")
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert answer.json()["code"] == "view-behind"
    assert answer.json()["position"] == reached
    follow()
    assert sam.get(f"{PATH}?min_position={head}").json()["days"][0]["debits"] == "2"


def test_a_cursor_does_not_belong_to_a_position(sam):
    first = sam.get(f"{PATH}?limit=1&min_position=1").json()
    assert len(sam.get(f"{PATH}?limit=1&cursor={first['next']}").json()["days"]) == 1


@pytest.mark.django_db(transaction=True)
def test_it_waits_no_longer_than_it_may(sam, monkeypatch):
    ask(pay("ann", "world", 1))
    monkeypatch.setattr(waiting, "PATIENCE", 0.05)
    with hops_in_one_thread():
        asyncio.run(waiting.until_reached(daily_totals, latest_position()))
    assert checkpoint(consumer("daily_totals")) < latest_position()


@pytest.mark.django_db(transaction=True)
def test_who_waits_is_woken_when_the_worker_has_come_there(sam, monkeypatch):
    ask(pay("ann", "world", 1))
    monkeypatch.setattr(waiting, "PATIENCE", 600)
    position = latest_position()
    with hops_in_one_thread():
        waits = InThread(lambda: asyncio.run(waiting.until_reached(daily_totals, position)))
        until(listens, "somebody waits")
        assert waits.is_alive()
        follow()
        waits.result()


def listens():
    with another_connection() as other:
        (count,) = other.execute(LISTENING).fetchone()
    return count


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("beyond", [0, 10**6])
def test_it_does_not_wait_for_what_is_there_or_will_never_be(sam, monkeypatch, beyond):
    monkeypatch.setattr(waiting, "listening", None)
    with hops_in_one_thread():
        asyncio.run(waiting.until_reached(daily_totals, latest_position() + beyond))
