"""Requests that never became a command are remembered too: as what they were told, and bounded."""

import json
import logging
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client

from commands.engine import attempts
from commands.engine.attempts import Allowance
from commands.engine.models import Request
from commands.engine.queries import shown
from tests.examples.asking import rich
from tests.examples.factories import user
from tests.examples.http import Api
from tests.examples.pages import browser, paying
from tests.examples.people import ANN, BOB, EVE, SAM

pytestmark = pytest.mark.django_db

PAY = {"from": "ann", "to": "world", "amount": 30}
WRONG = {**PAY, "amount": "1.0"}


@pytest.fixture(autouse=True)
def accounts():
    rich("ann", 100, owner=ANN)


def row_of(answer) -> Request:
    return Request.objects.get(id=answer["Daybook-Request"])


def malformed() -> int:
    return Request.objects.filter(status="malformed").count()


# --- over HTTP -------------------------------------------------------------------------------


def test_it_has_a_row_with_what_was_sent_and_the_very_answer():
    sam = Api(SAM)
    answer = sam.post("/transfers", WRONG, key="k", Prefer="respond-async")
    row = row_of(answer)
    assert (answer.status_code, row.status, row.http_status) == (400, "malformed", 400)
    assert (row.command, row.source, row.road) == ("post_transfer", "api", "queued")
    assert (row.principal, row.key, bytes(row.fingerprint)) == (SAM.id, None, b"")
    assert row.payload == WRONG
    assert row.received_at <= row.decided_at
    told = sam.get(f"/requests/{row.id}").json()
    assert (told["status"], told["data"], told["position"]) == ("malformed", WRONG, None)
    assert told["answer"] == {"status": 400, "body": answer.json()}
    assert told["answer"]["body"]["errors"][0]["pointer"] == "/amount"
    assert sam.get("/requests?order=desc&limit=1").json()["requests"] == [told]


def test_its_key_is_free():
    sam = Api(SAM)
    assert sam.post("/transfers", WRONG, key="k").status_code == 400
    assert sam.post("/transfers", PAY, key="k").status_code == 201


@pytest.mark.parametrize(
    ("body", "about", "status", "data"),
    [
        ("{", {}, 400, {"text": "{"}),
        ("", {}, 400, {}),
        ("[1]", {}, 400, {"text": "[1]"}),
        ('{"a": 1, "a": 2}', {}, 400, {"text": '{"a": 1, "a": 2}'}),
        ('{"a": "\\u0000\\ud800"}', {}, 400, {"a": "\ufffd?"}),
        ('{"amount": NaN}', {}, 400, {"text": '{"amount": NaN}'}),
        (b"\xff\0", {}, 400, {"text": "\ufffd"}),
        ('{"name": "' + "x" * 1_100_000 + '"}', {}, 413, {"cut": '{"name": "' + "x" * 4086}),
        ("a=1", {"CONTENT_TYPE": "text/plain"}, 415, {"text": "a=1"}),
        (json.dumps(PAY), {"If-Match": '"1"'}, 400, PAY),
    ],
)
def test_whatever_was_sent_is_kept_in_a_form_that_can_be_read(body, about, status, data):
    headers = {**Api(SAM).headers, **about}
    type_ = headers.pop("CONTENT_TYPE", "application/json")
    answer = Client().generic("POST", "/api/v1/transfers", body, type_, headers=headers)
    row = row_of(answer)
    assert (answer.status_code, row.http_status, row.status) == (status, status, "malformed")
    assert row.payload == data
    assert shown(row)["answer"]["body"] == answer.json()
    page = browser(SAM).get(f"/requests/{row.id}")
    assert page.status_code == 200
    assert "malformed" in page.content.decode()


def test_it_says_what_its_address_named():
    answer = Api(SAM).patch("/accounts/ann", {"nam": "A"})
    row = row_of(answer)
    assert row.payload == {"account": "ann", "nam": "A"}
    assert row.command == "change_account_details"


def test_no_secret_is_kept():
    sent = {
        "Password": "p1",
        "legs": [{"api_key": ["p2"], "x": {"clientSecret": {"p3": 1}}}],
        "description": "use db_0a1b2c3d4e5f_p4-p4 or Authorization: Bearer p5",
        "Basic p6p6p6p6p6p6p6p6": 1,
    }
    sam = Api(SAM)
    for body in (json.dumps(sent), json.dumps(sent)[:-1], json.dumps([sent])):
        row = row_of(sam.post("/transfers", body))
        kept = json.dumps([row.payload, row.answer])
        assert not any(f"p{n}" in kept for n in range(1, 7)), kept
        assert "[removed]" in kept
        assert sam.headers["Authorization"][7:] not in kept


def test_an_errors_own_words_give_no_secret_away():
    answer = Api(SAM).post("/transfers", {"db_0a1b2c3d4e5f_hush": 1})
    assert "hush" in answer.content.decode()
    assert "hush" not in json.dumps(row_of(answer).answer)


def test_what_is_no_command_of_somebody_known_is_not_kept():
    sam, before = Api(SAM), Request.objects.count()
    assert sam.get("/accounts?limit=x").status_code == 400
    assert sam.post("/transfers?dry_run=true", WRONG).status_code == 400
    assert sam.client.post("/api/v1/transfers", {}, "application/json").status_code == 401
    unknown = {"Authorization": "Bearer db_x_y"}
    assert sam.client.post("/api/v1/transfers", {}, headers=unknown).status_code == 401
    assert sam.post("/nothing", "{").status_code == 404
    assert sam.write("PUT", "/transfers", "{").status_code == 405
    assert Request.objects.count() == before


# --- from pages ------------------------------------------------------------------------------


def test_a_form_is_kept_with_its_fields_and_what_was_said_at_them():
    answer = browser(ANN).post("/transfers/new", paying(amount="1,50", reference="db_0a_x"))
    row = row_of(answer)
    assert (row.status, row.source, row.http_status) == ("malformed", "form", 400)
    fields = paying(amount="1,50", reference="[removed]")
    assert row.payload == {name: fields[name] for name in fields if name != "idempotency_key"}
    body = shown(row)["answer"]["body"]
    assert [(e["pointer"], e["detail"][:6]) for e in body["errors"]] == [("/amount", "'1,50'")]
    assert body["code"] == "malformed"


def test_a_check_is_kept_of_nothing():
    before = Request.objects.count()
    browser(ANN).post("/transfers/new", paying(amount="1,50", check=""))
    assert Request.objects.count() == before


def test_its_page_says_what_was_wrong_and_where():
    row = row_of(browser(ANN).post("/transfers/new", paying(amount="1,50")))
    page = browser(ANN).get(f"/requests/{row.id}").content.decode()
    assert "/amount" in page
    assert "is not an amount" in page
    assert "is not an amount" in browser(ANN).get("/requests/").content.decode()


# --- from the shell --------------------------------------------------------------------------


@contextmanager
def ends_with(code):
    with pytest.raises(SystemExit) as end:
        yield
    assert end.value.code == code


def test_what_the_shell_sends_is_kept_too():
    user(SAM)
    with ends_with(2):
        call_command("submit", "post_transfer", json.dumps(WRONG), user="sam")
    row = Request.objects.get(status="malformed")
    assert (row.command, row.source, row.principal) == ("post_transfer", "cli", SAM.id)
    assert (row.payload, row.answer["errors"][0]["pointer"]) == (WRONG, "/amount")
    with ends_with(2):
        call_command("submit", "nothing", "{}", user="sam")
    assert Request.objects.filter(status="malformed", command="unknown").count() == 1


# --- refused before it was a command ---------------------------------------------------------


def test_a_token_that_may_not_write_is_refused_on_record():
    answer = Api(SAM, scopes=["read"]).post("/transfers", PAY)
    row = row_of(answer)
    assert (answer.status_code, row.status, row.http_status) == (403, "refused", 403)
    assert row.payload == PAY
    assert shown(row)["answer"]["body"] == answer.json()


def test_who_may_not_use_a_page_is_refused_on_record():
    new = browser(EVE).post("/accounts/new", {"code": "x", "name": "X", "currency": "EUR"})
    edited = browser(BOB).post("/accounts/ann/edit", {"name": "Mine"})
    for answer, status, command in (
        (new, 403, "open_account"),
        (edited, 404, "change_account_details"),
    ):
        row = row_of(answer)
        assert (answer.status_code, row.status, row.command) == (status, "refused", command)
        assert shown(row)["answer"]["status"] == status
    assert row.payload == {"account": "ann", "name": "Mine"}


def test_a_rules_refusal_has_its_one_row():
    answer = Api(EVE).post("/transfers", PAY)
    row = row_of(answer)
    assert (row.status, row.http_status) == ("refused", answer.status_code)
    assert bytes(row.fingerprint) != b""


# --- it bounds, and it fails quietly ---------------------------------------------------------


def test_a_client_that_is_broken_does_not_fill_the_disk(monkeypatch):
    monkeypatch.setattr(attempts, "MOST", 3)
    sam, over = Api(SAM), attempts.kept["over"]
    for _ in range(5):
        assert sam.post("/transfers", WRONG).status_code == 400
    assert (malformed(), attempts.kept["over"] - over) == (3, 2)
    assert Api(ANN).post("/transfers", WRONG).status_code == 400
    assert malformed() == 4


def test_the_next_minute_has_places_again(monkeypatch):
    now, allowance, who = [0.0], Allowance(), UUID(int=1)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    assert [allowance.has_place(who) for _ in range(attempts.MOST + 1)][-2:] == [True, False]
    now[0] = 60.0
    assert allowance.has_place(who)


def test_the_answer_is_the_same_when_it_cannot_be_stored(monkeypatch, caplog):
    sam, failed = Api(SAM), attempts.kept["failed"]

    @contextmanager
    def broken():
        raise OperationalError("gone")
        yield

    monkeypatch.setattr(attempts, "pipeline", broken)
    with caplog.at_level(logging.WARNING):
        answer = sam.post("/transfers", WRONG)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert "not kept" in caplog.text
    assert (malformed(), attempts.kept["failed"] - failed) == (0, 1)
