"""PATCH /accounts/{code}, If-Match, and dry runs of every write."""

import pytest

from commands.engine.models import Request
from eventstore.store import latest_position, read_stream
from tests.examples.asking import rich
from tests.examples.factories import user
from tests.examples.http import Api
from tests.examples.people import ANN, BOB, EVE, SAM, VIC

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    rich("ann", 100, owner=ANN)
    return Api(ANN)


def test_it_answers_with_what_the_next_read_shows(ann):
    answer = ann.patch("/accounts/ann", {"name": "Ann & Co", "metadata": {"tier": "gold"}})
    assert answer.status_code == 200, answer.content
    (event,) = answer.json()["request"]["events"]
    assert event == {
        "stream": "account-ann",
        "version": 3,
        "type": "ledger.account_details_changed",
    }
    assert ann.get("/accounts/ann").content in answer.content
    assert answer.json()["account"]["name"] == "Ann & Co"


def test_changing_nothing_succeeds_without_an_event(ann):
    before = latest_position()
    answer = ann.patch("/accounts/ann", {"name": "Ann"}, key="k")
    assert (answer.status_code, answer.json()["request"]["events"]) == (200, [])
    assert answer.json()["request"]["position"] == before == latest_position()
    assert ann.get("/accounts/ann").content in answer.content
    again = ann.patch("/accounts/ann", {"name": "Ann"}, key="k")
    assert again["Idempotent-Replayed"] == "true"
    assert again.content == answer.content


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"name": ""}, "/name"),
        ({"name": None}, "/name"),
        ({"owner": "ann"}, "/owner"),
        ({"metadata": None}, "/metadata"),
        ({"currency": "USD"}, "/currency"),
    ],
)
def test_a_malformed_body_is_answered_with_a_pointer(ann, body, pointer):
    answer = ann.patch("/accounts/ann", body)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_new_owner_must_exist(ann):
    sam = Api(SAM)
    answer = sam.patch("/accounts/ann", {"owner": str(BOB.id)})
    assert (answer.status_code, answer.json()["code"]) == (404, "user-not-found")
    assert answer.json()["errors"][0]["pointer"] == "/owner"
    user(BOB)
    assert sam.patch("/accounts/ann", {"owner": str(BOB.id)}).status_code == 200
    assert ann.get("/accounts/ann").status_code == 404
    assert Api(BOB).get("/accounts/ann").status_code == 200


def test_what_one_may_not_see_is_not_there(ann):
    for path in ("/accounts/ann", "/accounts/nobody"):
        answer = Api(EVE).patch(path, {"name": "Eve"})
        assert (answer.status_code, answer.json()["code"]) == (404, "account-not-found")


def test_a_version_is_told_to_nobody_who_may_not_see_the_account(ann):
    headers = {"If-Match": '"99"'}
    for path in ("/accounts/ann", "/accounts/nobody", "/accounts/ann?dry_run=true"):
        for api in (Api(EVE), Api(SAM, prefix="customers:")):
            answer = api.patch(path, {"name": "Eve"}, **headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "account-not-found")
    answer = Api(VIC).patch("/accounts/ann", {"name": "Vic"}, **headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


# --- If-Match --------------------------------------------------------------------------------


def test_it_changes_only_the_version_that_was_read(ann):
    version = ann.get("/accounts/ann")["ETag"]
    assert ann.patch("/accounts/ann", {"name": "A"}, **{"If-Match": version}).status_code == 200
    stale = ann.patch("/accounts/ann", {"name": "B"}, **{"If-Match": version})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")
    assert (stale.json()["expected"], stale.json()["actual"]) == (2, 3)
    assert ann.patch("/accounts/ann", {"name": "B"}, **{"If-Match": "*"}).status_code == 200
    assert len(read_stream("account-ann")) == 4


def test_a_stale_version_does_not_use_the_key_up(ann):
    body, headers = {"name": "A"}, {"If-Match": '"1"'}
    assert ann.patch("/accounts/ann", body, key="k", **headers).status_code == 412
    assert ann.patch("/accounts/ann", body, key="k").status_code == 200
    assert ann.patch("/accounts/ann", body, key="k", **headers).status_code == 422


@pytest.mark.parametrize("tag", ["17", 'W/"17"', '"x"', '"1", "2"', "", '"-1"', '"' + "9" * 30])
def test_a_tag_that_is_no_version_is_malformed(ann, tag):
    answer = ann.patch("/accounts/ann", {"name": "A"}, **{"If-Match": tag})
    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.json()["errors"]] == ["If-Match"]


@pytest.mark.parametrize("path", ["/accounts", "/transfers"])
def test_it_is_refused_where_no_one_account_is_meant(ann, path):
    answer = ann.post(path, {}, **{"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


# --- dry run ---------------------------------------------------------------------------------

WRITES = [
    ("post", "/accounts", {"code": "new", "name": "New", "currency": "EUR"}, "account"),
    ("patch", "/accounts/ann", {"name": "A"}, "account"),
    ("post", "/transfers", {"from": "ann", "to": "world", "amount": 30}, "transfer"),
]


@pytest.mark.parametrize(("method", "path", "body", "resource"), WRITES)
def test_a_dry_run_tells_what_would_come_of_it_and_keeps_nothing(ann, method, path, body, resource):
    sam = Api(SAM)
    before, requests = latest_position(), Request.objects.count()
    rehearsed = getattr(sam, method)(f"{path}?dry_run=true", body, key="k")
    assert (rehearsed.status_code, rehearsed["Daybook-Dry-Run"]) == (200, "true")
    assert (latest_position(), Request.objects.count()) == (before, requests)
    done = getattr(sam, method)(path, body, key="k")
    assert "Idempotent-Replayed" not in done
    told, made = rehearsed.json(), done.json()
    assert told["request"]["position"] is told[resource]["position"] is None
    unknown = {"id", "position", "recorded_at"}
    for half in ("request", resource):
        assert told[half].keys() == made[half].keys()
        for name in told[half].keys() - unknown - {"events"}:
            assert told[half][name] == made[half][name]


def test_a_dry_run_is_refused_as_the_real_one_would_be(ann):
    body = {"from": "ann", "to": "world", "amount": 101}
    rehearsed, requests = Api(SAM).post("/transfers?dry_run=true", body), Request.objects.count()
    real = Api(SAM).post("/transfers", body)
    assert (rehearsed.status_code, rehearsed.json()) == (real.status_code, real.json())
    assert rehearsed["Daybook-Dry-Run"] == "true"
    assert Request.objects.count() == requests + 1


@pytest.mark.parametrize("query", ["dry_run=1", "dry_run=", "dry_run=true&dry_run=true", "dry=1"])
def test_a_parameter_is_in_its_form(ann, query):
    assert ann.post(f"/transfers?{query}", {}).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_the_database_itself_refuses_a_dry_run_to_write():
    rich("ann", 100, owner=ANN)
    body = {"from": "ann", "to": "world", "amount": 30}
    assert Api(SAM).post("/transfers?dry_run=true", body).status_code == 200
    assert Api(SAM).post("/transfers", body).status_code == 201
