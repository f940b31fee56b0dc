"""The stream of the log where no event loop is: what there is, once; and what is refused first."""

import json

import pytest
from django.test import Client

from eventstore.epoch import raise_epoch
from tests.examples.asking import rich
from tests.examples.factories import user
from tests.examples.http import Api
from tests.examples.people import ANN, SAM

pytestmark = pytest.mark.django_db

STREAM = "/events/stream"
OPENED, CREDITED = "ledger.account_opened", "ledger.account_credited"


@pytest.fixture
def sam():
    rich("ann", 100, owner=ANN)
    return Api(SAM)


def text(answer):
    return b"".join(answer.streaming_content).decode()


def test_each_event_is_one_line_as_a_read_shows_it(sam):
    shown = sam.get(f"/events?types={OPENED},{CREDITED}").json()["events"]
    told = text(sam.get(f"{STREAM}?after=0&types={OPENED},{CREDITED}")).split("\n\n")
    assert told[:2] == ["retry: 1000", ": at 0\nid: 1:0"]
    assert told[-1] == ""
    for message, event in zip(told[2:-1], shown, strict=True):
        id_, type_, data = message.split("\n")
        assert (id_, type_) == (f"id: 1:{event['position']}", f"event: {event['type']}")
        assert json.loads(data.removeprefix("data: ")) == event


def test_it_says_what_it_is_and_is_kept_by_nobody(sam):
    answer = sam.get(f"{STREAM}?after=3")
    said = {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
        "Daybook-Epoch": "1",
        "Daybook-Position": "3",
    }
    assert {name: answer[name] for name in said} == said
    assert "Content-Length" not in answer


def test_it_begins_at_the_end_unless_it_is_said_where(sam):
    assert text(sam.get(STREAM)) == "retry: 1000\n\n: at 5\nid: 1:5\n\n"
    assert "id: 1:5\nevent:" in text(sam.get(f"{STREAM}?after=4"))
    # A browser comes back with the address of its first visit.
    again = text(sam.get(f"{STREAM}?after=0", **{"Last-Event-ID": "1:4"}))
    assert again.count("event: ") == 1


def test_types_that_do_not_happen_move_its_position_all_the_same(sam):
    assert text(sam.get(f"{STREAM}?after=2&types=ledger.books_closed")).endswith(
        ": at 5\nid: 1:5\n\n"
    )


@pytest.mark.parametrize("path", ["/events", "/events?wait=5", STREAM])
def test_a_type_of_no_event_is_named_with_those_there_are(sam, path):
    query = f"{path}{'&' if '?' in path else '?'}types={OPENED},ledger.account_opend"
    answer = sam.get(query)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["parameter"] == "types"
    assert error["detail"].startswith("No event is of the type 'ledger.account_opend'; there are:")
    assert f" {OPENED}, " in error["detail"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("after=6", "after"), ("after=-1", "after"), ("after=x", "after"), ("limit=1", "limit"),
     ("after=1&after=2", "after"), ("types=%00", "types")],
)  # fmt: skip
def test_a_query_that_is_not_right_is_refused_before_it_begins(sam, query, parameter):
    answer = sam.get(f"{STREAM}?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert [each["parameter"] for each in answer.json()["errors"]] == [parameter]


@pytest.mark.parametrize("seen", ["5", "1:", ":5", "1:x", "1:5:6", "1:6", "-1:5", "1:²", "x" * 999])
def test_an_id_that_nobody_gave_is_refused(sam, seen):
    answer = sam.get(STREAM, **{"Last-Event-ID": seen})
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "Last-Event-ID")


@pytest.mark.parametrize("seen", ["2:1", "0:5", "7:9999"])
def test_an_id_of_another_epoch_is_gone(sam, seen):
    answer = sam.get(STREAM, **{"Last-Event-ID": seen})
    assert (answer.status_code, answer.json()["code"]) == (410, "log-restored")


def test_an_id_outlives_no_restore(sam, settings, tmp_path):
    settings.HOME = tmp_path
    now = raise_epoch("a test")
    assert sam.get(STREAM, **{"Last-Event-ID": "1:5"}).status_code == 410
    assert f"id: {now}:5\n" in text(sam.get(STREAM, **{"Last-Event-ID": f"{now}:5"}))


@pytest.mark.parametrize(("seen", "status"), [("1:5", 200), ("1:6", 400), ("5", 400), ("2:1", 410)])
def test_a_page_of_events_takes_such_an_id_as_well(sam, seen, status):
    answer = sam.get("/events?after=0", **{"Last-Event-ID": seen})
    assert answer.status_code == status
    if status == 400:
        assert [each["parameter"] for each in answer.json()["errors"]] == ["Last-Event-ID"]


def test_a_page_of_events_goes_on_after_it_and_says_in_which_epoch(sam, settings, tmp_path):
    answer = sam.get("/events?after=0", **{"Last-Event-ID": "1:3"})
    assert [each["position"] for each in answer.json()["events"]] == [4, 5]
    assert answer["Daybook-Epoch"] == "1"
    settings.HOME = tmp_path
    now = str(raise_epoch("a test"))
    assert sam.get("/events", **{"Last-Event-ID": "1:3"}).json()["code"] == "log-restored"
    assert sam.get("/events", **{"Last-Event-ID": f"{now}:3"})["Daybook-Epoch"] == now


@pytest.mark.parametrize(
    ("accept", "status"),
    [("text/event-stream", 200), ("*/*", 200), ("text/*", 200), ("text/html", 406)],
)
def test_it_is_what_a_client_must_take(sam, accept, status):
    assert sam.get(f"{STREAM}?after=1", Accept=accept).status_code == status


def test_a_page_reads_it_with_its_session(sam):
    page = Client()
    page.force_login(user(SAM))
    answer = page.get("/api/v1/events/stream", headers={"Accept": "text/event-stream"})
    assert "id: 1:5" in text(answer)


def test_it_has_a_head(sam):
    answer = sam.client.head("/api/v1/events/stream", headers=sam.headers)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/event-stream")


def test_a_wait_waits_only_where_it_costs_no_thread(sam):
    """A read that could wait, and finds what it wants, is like any other."""
    assert sam.get("/events?after=5&wait=60").json() == {
        "position": 5,
        "events": [],
        "has_more": False,
    }
    assert sam.get("/events?wait=61").status_code == 400
