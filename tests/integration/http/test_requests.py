"""GET /requests: what one asked, and what came of it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commands.engine import queries
from commands.engine.models import STATUSES
from eventstore.store import latest_position
from tests.examples.asking import rich
from tests.examples.http import Api
from tests.examples.many import FEW, insert_few_among_many
from tests.examples.people import ANN, BOB, EVE, SAM, VIC

pytestmark = pytest.mark.django_db

PAY = {"from": "ann", "to": "world", "amount": 30}


@pytest.fixture
def ann():
    rich("ann", 100, owner=ANN)
    return Api(ANN)


def test_it_keeps_what_was_asked_and_the_very_answer(ann):
    answers = [
        Api(SAM).post("/transfers", PAY),
        Api(SAM).post("/transfers", {**PAY, "amount": 10**30}),
        Api(SAM).post("/accounts", {"code": "ann", "name": "A", "currency": "EUR"}),
        Api(SAM).patch("/accounts/ann", {"name": "B"}),
    ]
    sam = Api(SAM)
    listed = sam.get("/requests?order=desc&limit=4").json()["requests"]
    for answer, told in zip(reversed(answers), listed, strict=True):
        assert told["answer"] == {"status": answer.status_code, "body": answer.json()}
        assert told["id"] == answer["Daybook-Request"]
        assert sam.get(f"/requests/{told['id']}").json() == told
    renamed, _, refused, paid = listed
    assert (paid["status"], paid["command"], paid["data"]) == ("succeeded", "post_transfer", PAY)
    assert (refused["status"], refused["position"]) == ("refused", None)
    assert renamed["data"] == {"account": "ann", "name": "B"}
    assert renamed["position"] == latest_position()
    assert (paid["road"], paid["source"]) == ("awaited", "api")


def test_it_shows_ones_own_alone(ann):
    made = Api(SAM).post("/transfers", PAY)["Daybook-Request"]
    for person, status in ((SAM, 200), (VIC, 200), (ANN, 404), (EVE, 404)):
        assert Api(person).get(f"/requests/{made}").status_code == status
    assert ann.get("/requests").json()["requests"] == []


def test_its_pages_join(ann):
    for amount in range(1, 6):
        Api(ANN).post("/transfers", {**PAY, "amount": amount})
    whole = ann.get("/requests").json()["requests"]
    seen, query = [], "/requests?limit=2"
    while query:
        page = ann.get(query)
        seen += page.json()["requests"]
        query = page.json()["next"] and f"/requests?limit=2&cursor={page.json()['next']}"
    assert [each["data"]["amount"] for each in seen] == [1, 2, 3, 4, 5]
    assert seen == whole


def test_it_shows_those_of_a_status(ann):
    for amount in (1, 10**30, 2, 10**31, "x"):
        ann.post("/transfers", {**PAY, "amount": amount})
    ann.post("/transfers", PAY, Prefer="respond-async")
    Api(SAM).post("/transfers", {**PAY, "amount": 10**32})
    whole = ann.get("/requests").json()["requests"]
    for status in STATUSES:
        seen, query = [], f"/requests?status={status}&limit=1"
        while query:
            page = ann.get(query).json()
            seen += page["requests"]
            cursor = page["next"]
            query = cursor and f"/requests?status={status}&limit=1&cursor={cursor}"
        assert seen == [each for each in whole if each["status"] == status]
    many = [len(ann.get(f"/requests?status={each}").json()["requests"]) for each in STATUSES]
    assert dict(zip(STATUSES, many, strict=True)) == {
        "accepted": 1, "succeeded": 2, "refused": 2, "failed": 0, "malformed": 1,
    }  # fmt: skip
    newest = ann.get("/requests?status=refused&order=desc").json()["requests"]
    assert [each["data"]["amount"] for each in newest] == [10**31, 10**30]
    assert ann.get("/requests?status=refused&unseen=true").json()["requests"] == []


def test_a_status_that_is_none_is_refused_with_those_there_are(ann):
    for path in ("/requests?status=gone", "/requests?status="):
        answer = ann.get(path)
        assert answer.status_code == 400
        (error,) = answer.json()["errors"]
        assert (error["parameter"], error["detail"]) == (
            "status", f"This must be one of: {', '.join(STATUSES)}.",
        )  # fmt: skip
    assert ann.get("/notifications?status=refused").status_code == 400


def test_a_cursor_belongs_to_its_status(ann):
    for amount in (10**30, 10**31):
        ann.post("/transfers", {**PAY, "amount": amount})
    cursor = ann.get("/requests?status=refused&limit=1").json()["next"]
    assert ann.get(f"/requests?status=failed&cursor={cursor}").status_code == 400


@pytest.mark.parametrize("status", FEW)
def test_the_few_are_found_among_the_many(status):
    insert_few_among_many()
    with CaptureQueriesContext(connection) as captured:
        queries.own(ANN.id, limit=11, status=status)
    (query,) = captured.captured_queries
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {query['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "request_not_done" in plan or "request_waiting" in plan
    assert "Filter" not in plan and "Sort" not in plan


def test_a_token_for_some_accounts_does_not_reach_them(ann):
    for token in ({"prefix": "ann"}, {"scopes": ["write"]}):
        assert Api(ANN, **token).get("/requests").status_code == 403
    assert Api(BOB, scopes=["read"]).get("/requests").status_code == 200
