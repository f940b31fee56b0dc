"""GET /requests: what one asked, and what came of it."""

import pytest

from eventstore.store import latest_position
from tests.examples.asking import rich
from tests.examples.http import Api
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


def test_a_token_for_some_accounts_does_not_reach_them(ann):
    for token in ({"prefix": "ann"}, {"scopes": ["write"]}):
        assert Api(ANN, **token).get("/requests").status_code == 403
    assert Api(BOB, scopes=["read"]).get("/requests").status_code == 200
