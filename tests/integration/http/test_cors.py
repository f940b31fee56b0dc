"""Pages of other origins: those that are named may use the API, with tokens and without cookies."""

import pytest
from django.test import Client as Browser

from config import cors
from config.openapi import document
from config.openapi_parts import HEADERS
from tests.examples.asking import rich
from tests.examples.http import Api
from tests.examples.people import ANN, SAM
from tests.examples.serving import Client, serving

OURS, OTHER = "https://app.example", "https://other.example"
ASKS = {
    "Origin": OURS,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
}
PAY = {"from": "ann", "to": "world", "amount": 1}


@pytest.fixture
def sam(db, settings):
    settings.DAYBOOK_CORS_ORIGINS = frozenset([OURS])
    rich("ann", 100, owner=ANN)
    return Api(SAM)


def sharing(answer):
    """What an answer's headers say of other origins."""
    return {name for name, _ in answer.headers.items() if name.lower().startswith("access-control")}


def words(text):
    return {each.strip().lower() for each in text.split(",")}


def test_nobody_is_named_by_default(db):
    answer = Browser().options("/api/v1/transfers", headers=ASKS)
    assert (answer.status_code, sharing(answer)) == (204, set())
    assert "Origin" not in answer.headers.get("Vary", "")


def test_a_page_that_is_named_reads_the_answer(sam):
    answer = sam.get("/accounts/ann", Origin=OURS)
    assert answer["Access-Control-Allow-Origin"] == OURS
    assert words(answer["Access-Control-Expose-Headers"]) >= {"daybook-position", "etag"}
    assert "origin" in words(answer["Vary"])


def test_no_answer_allows_cookies(sam):
    for answer in (sam.get("/accounts", Origin=OURS), Browser().options("/api/v1/accounts")):
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("headers", [{"Origin": OTHER}, {"Origin": "null"}, {}])
def test_others_are_answered_and_cannot_read_it(sam, headers):
    answer = sam.get("/accounts/ann", **headers)
    assert (answer.status_code, sharing(answer)) == (200, set())
    assert "origin" in words(answer["Vary"]), "what others got is kept for nobody else"


def test_a_browser_is_told_what_a_page_may_send(sam):
    answer = Browser().options("/api/v1/transfers", headers=ASKS)
    assert answer.status_code == 204
    assert words(answer["Access-Control-Allow-Methods"]) >= {"get", "post"}
    assert words(answer["Access-Control-Allow-Headers"]) >= {
        *("authorization", "content-type", "idempotency-key", "prefer", "if-match"),
        "last-event-id",
    }
    assert int(answer["Access-Control-Max-Age"]) > 0


@pytest.mark.parametrize("path", ["/accounts/nobody", "/nothing"])
def test_a_page_reads_why_not(sam, path):
    answer = sam.get(path, Origin=OURS)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (404, OURS)


def test_only_the_api_is_shared(sam):
    for path in ("/login", "/healthz"):
        assert sharing(Browser().get(path, headers={"Origin": OURS})) == set()


def test_every_header_there_is_may_be_read_and_sent():
    assert set(cors.READ) == set(HEADERS)
    sent = {
        parameter["name"]
        for operations in document()["paths"].values()
        for operation in operations.values()
        for parameter in operation["parameters"]
        if parameter["in"] == "header"
    }
    assert set(cors.SENT) >= sent
    assert "Idempotency-Key" in sent


@pytest.mark.django_db(transaction=True)
def test_the_half_that_awaits_says_the_same():
    rich("ann", 100, owner=ANN)
    with serving(DAYBOOK_CORS_ORIGINS=f"{OURS},http://localhost:3000") as server:
        asking = Client(server)
        said = asking.ask("POST", "/api/v1/transfers", PAY, Origin=OURS)
        assert (said.status, said.headers["Access-Control-Allow-Origin"]) == (201, OURS)
        refused = asking.ask("POST", "/api/v1/transfers", {}, Origin=OURS)
        assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (400, OURS)
        other = asking.ask("POST", "/api/v1/transfers", PAY, Origin=OTHER)
        assert (other.status, sharing(other)) == (201, set())
        asked = asking.ask("OPTIONS", "/api/v1/transfers", **ASKS)
        assert "POST" in asked.headers["Access-Control-Allow-Methods"]
        asking.connection.request(
            "GET", "/api/v1/events/stream", headers=asking.headers | {"Origin": OURS}
        )
        stream = asking.connection.getresponse()
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert stream.headers["Access-Control-Allow-Origin"] == OURS
        stream.close()
        asking.connection.close()
