"""What every answer of the API carries."""

import json
import logging
from uuid import UUID

import pytest
from django.test import Client

from commands.access import throttling
from tests.examples.asking import rich
from tests.examples.http import Api
from tests.examples.people import ANN, SAM, VIC

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam():
    rich("ann", 100, owner=ANN)
    return Api(SAM)


@pytest.mark.parametrize(
    "path",
    [
        "/accounts",
        "/accounts/ann",
        "/accounts/ann/entries",
        "/accounts/ann/events",
        "/balances",
        "/transfers",
        "/events",
    ],
)
def test_a_read_says_where_it_was_read_and_is_asked_for_again(sam, path):
    answer = sam.get(path)
    assert (answer["Daybook-Position"], answer["Daybook-Epoch"]) == ("5", "1")
    assert answer["Cache-Control"] == "no-cache"
    assert {"Authorization", "Cookie"} <= set(answer["Vary"].replace(" ", "").split(","))


def test_the_next_page_is_a_link(sam):
    first = sam.get("/accounts?limit=1&prefix=&order=desc")
    link = first["Link"]
    assert link.endswith('>; rel="next"')
    path = link.partition(">")[0].removeprefix("</api/v1")
    last = sam.get(path)
    assert [row["code"] for row in (*first.json()["accounts"], *last.json()["accounts"])] == [
        "world",
        "ann",
    ]
    assert "Link" not in last


def test_every_answer_has_an_id_of_its_own_and_a_policy(sam):
    answers = [
        sam.get("/accounts"),
        sam.get("/nothing"),
        sam.post("/accounts", {}),
        Client().get("/login"),
        Client().get("/nothing"),
        Client().get("/healthz"),
    ]
    assert len({UUID(answer["Daybook-Request"]) for answer in answers}) == len(answers)
    for answer in answers:
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]


def test_each_request_is_a_line_of_the_log_without_its_secrets(sam, caplog):
    with caplog.at_level(logging.INFO, logger="config.middleware"):
        answer = sam.get("/accounts/ann?")
    (line,) = [each for each in caplog.records if each.name == "config.middleware"]
    assert (line.method, line.path, line.status) == ("GET", "/api/v1/accounts/ann", 200)
    assert line.user == str(SAM.id)
    assert sam.headers["Authorization"].split("_", 2)[2] not in json.dumps(vars(line), default=str)
    assert answer["Daybook-Request"]


# --- the limit of requests a second ----------------------------------------------------------


def test_too_many_requests_are_told_when_to_come_again(sam, settings, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(throttling.time, "monotonic", lambda: now)
    settings.DAYBOOK_RATE_LIMIT = 2
    assert [sam.get("/accounts").status_code for _ in range(3)] == [200, 200, 429]
    answer = sam.get("/accounts")
    assert answer.json()["code"] == "throttled"
    assert int(answer["Retry-After"]) >= 1
    assert Api(VIC).get("/accounts").status_code == 200
    now += 0.5
    assert [sam.get("/accounts").status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(
    ("rate", "policy", "said"),
    [
        (3, "q=3;w=1", ["r=2;t=1", "r=1;t=1", "r=0;t=1", "r=0;t=1"]),
        (2.5, "q=2;w=1", ["r=1;t=1", "r=0;t=1", "r=0;t=1"]),
        (0.01, "q=1;w=100", ["r=0;t=100", "r=0;t=100"]),
    ],
)
def test_an_answer_says_how_many_more_there_may_be(sam, settings, monkeypatch, rate, policy, said):
    monkeypatch.setattr(throttling, "_buckets", {})
    monkeypatch.setattr(throttling.time, "monotonic", lambda: 2000.0)
    settings.DAYBOOK_RATE_LIMIT = rate
    answers = [sam.get("/accounts") for _ in said]
    assert [answer["RateLimit"] for answer in answers] == [f'"user";{each}' for each in said]
    assert {answer["RateLimit-Policy"] for answer in answers} == {f'"user";{policy}'}
    assert [answer.status_code for answer in answers] == [200] * (len(said) - 1) + [429]


def test_no_limit_is_the_default(sam):
    answers = [sam.get("/accounts") for _ in range(50)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0].headers
    assert "RateLimit-Policy" not in answers[0].headers
