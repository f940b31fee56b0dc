"""GET /requests/patterns: what requests have in common, for those who may view the ledger."""

from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

import pytest

from commands.engine import patterns
from eventstore.store import timestamp
from tests.examples.history import HOUR, decided, insert_history
from tests.examples.http import Api
from tests.examples.people import ANN, SAM, VIC

pytestmark = pytest.mark.django_db(transaction=True)


def address(**query: object) -> str:
    said = {name: quote(str(value)) for name, value in query.items()}
    return "/requests/patterns?" + "&".join(f"{name}={value}" for name, value in said.items())


def told(**query: object) -> dict:
    found = {"since": timestamp(HOUR), "until": timestamp(HOUR + timedelta(hours=3))} | query
    return Api(VIC).get(address(**found)).json()


@pytest.fixture
def some():
    """Three hours: payments, some of them refused, and one that waited in the queue."""
    refused = {"status": "refused", "code": "insufficient-funds", "principal": SAM.id}
    later = HOUR + timedelta(minutes=90)
    insert_history(
        [decided(HOUR, took=10, accounts=["ann", "bob"])] * 1
        + [decided(HOUR, took=10, accounts=["ann"]) for _ in range(2)]
        + [decided(later + timedelta(seconds=n), took=100, **refused) for n in range(90)]
        + [decided(later, took=60_000, queued=True)]
        + [decided(later, command="open_account", status="refused", code="account-exists")]
    )
    patterns.catch_up(lambda reached, settled: None)


def test_it_tells_what_came_of_requests_hour_by_hour(some):
    found = told()
    assert (found["since"], found["until"]) == (
        timestamp(HOUR), timestamp(HOUR + timedelta(hours=3)),
    )  # fmt: skip
    hours = [
        (each["hour"], each["command"], each["queued"], each["status"], each["code"],
         each["requests"])
        for each in found["hours"]
    ]  # fmt: skip
    first, second = timestamp(HOUR), timestamp(HOUR + timedelta(hours=1))
    assert hours == [
        (first, "post_transfer", False, "succeeded", "", 3),
        (second, "open_account", False, "refused", "account-exists", 1),
        (second, "post_transfer", False, "refused", "insufficient-funds", 90),
        (second, "post_transfer", True, "succeeded", "", 1),
    ]


def test_it_tells_how_long_they_took_and_what_stands_out(some):
    found = told()
    took = {(each["command"], each["queued"]): each for each in found["latencies"]}
    awaited, queued = took["post_transfer", False], took["post_transfer", True]
    assert awaited["requests"] == 93
    assert (awaited["p50"], awaited["p99"]) == pytest.approx((100, 100), rel=0.05)
    assert queued["p50"] == pytest.approx(60_000, rel=0.05)
    assert found["refusals"] == [
        {"code": "insufficient-funds", "requests": 90}, {"code": "account-exists", "requests": 1},
    ]  # fmt: skip
    assert found["accounts"] == [
        {"account": "ann", "requests": 3}, {"account": "bob", "requests": 1},
    ]  # fmt: skip


def test_bursts_of_minutes_that_follow_each_other_are_one(some):
    (burst,) = told()["bursts"]
    assert (UUID(burst["principal"]), burst["refusals"]) == (SAM.id, 91)
    assert burst["since"] == timestamp(HOUR + timedelta(minutes=90))
    assert burst["until"] == timestamp(HOUR + timedelta(minutes=91, seconds=29))
    assert burst["code"] == "insufficient-funds"


def test_it_tells_of_one_command_alone(some):
    found = told(command="open_account")
    assert {each["command"] for each in found["hours"]} == {"open_account"}
    assert [each["code"] for each in found["refusals"]] == ["account-exists"]


def test_part_of_an_hour_is_the_whole_hour(some):
    since, until = HOUR + timedelta(minutes=59), HOUR + timedelta(minutes=61)
    found = told(since=timestamp(since), until=timestamp(until))
    assert (found["since"], found["until"]) == (
        timestamp(HOUR), timestamp(HOUR + timedelta(hours=2)),
    )  # fmt: skip
    assert sum(each["requests"] for each in found["hours"]) == 95


def test_by_default_it_is_the_last_day(some):
    found = Api(VIC).get("/requests/patterns").json()
    assert (found["hours"], found["latencies"], found["refusals"]) == ([], [], [])
    assert found["counted_until"] > found["since"]


def test_before_anything_is_counted_there_is_nothing():
    assert told()["counted_until"] is None


@pytest.mark.parametrize(
    "query",
    [
        *["since=x", "until=2026-01-01", "since=2026-01-01T00:00:00Z", "nope=1", "command=%00"],
        "since=0001-01-01T00:00:00%2B10:00&until=0001-01-01T00:00:00Z",
        "since=9999-12-31T00:00:00Z&until=9999-12-31T23:59:59Z",
        "since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z",
        "since=2026-01-01T00:00:00Z&since=2026-01-01T00:00:00Z",
    ],
)
def test_an_odd_query_is_malformed(query):
    answer = Api(VIC).get(f"/requests/patterns?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_it_is_for_those_who_may_view_the_ledger():
    for person, token, status in (
        (VIC, {}, 200),
        (SAM, {"scopes": ["read"]}, 200),
        (SAM, {"scopes": ["write"]}, 403),
        (SAM, {"prefix": "ann"}, 403),
        (ANN, {}, 403),
    ):
        assert Api(person, **token).get("/requests/patterns").status_code == status
