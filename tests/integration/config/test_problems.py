"""Every error of every layer is one problem+json, with a code from one table."""

import json
import logging

import pytest
from django import db
from django.core.exceptions import DisallowedHost, PermissionDenied, RequestDataTooBig
from django.http import Http404
from django.test import Client, RequestFactory
from rest_framework import exceptions
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from commands.engine.errors import (
    Busy,
    Forbidden,
    InProgress,
    Malformed,
    OutcomeUnknown,
    Refused,
    StoredRefusal,
)
from config import problems
from eventstore.errors import StoreBusy
from eventstore.http import BadRequest, LogRestored, NotFound

MEMBERS = {"type", "title", "status", "detail", "code", "errors"}


class TicketsSoldOut(Refused):
    """There are no tickets left."""

    code = "tickets-sold-out"


class NoSuchTicket(Refused):
    """There is no such ticket."""

    code, status = "no-such-ticket", 404


def raised(error: Exception, **request):
    """The answer of a view in which this is raised."""

    class View(APIView):
        authentication_classes = permission_classes = ()

        def get(self, request):
            raise error

    answer = View.as_view()(APIRequestFactory().get("/api/v1/x", **request))
    body = json.loads(answer.content)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(body) >= MEMBERS
    assert body["status"] == answer.status_code
    assert body["type"] == f"/problems/{body['code']}"
    assert body["title"] and body["detail"]
    return answer, body


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Malformed([("/amount", "No.")]), 400, "malformed"),
        (Malformed([("", "Too much.")], status=413), 413, "too-large"),
        (BadRequest([("limit", "No.")]), 400, "malformed"),
        (LogRestored(), 410, "log-restored"),
        (NotFound(), 404, "not-found"),
        (Http404(), 404, "not-found"),
        (Forbidden(), 403, "forbidden"),
        (PermissionDenied(), 403, "forbidden"),
        (TicketsSoldOut(), 422, "tickets-sold-out"),
        (NoSuchTicket(), 404, "no-such-ticket"),
        (exceptions.NotAuthenticated(), 401, "unauthenticated"),
        (exceptions.AuthenticationFailed(), 401, "unauthenticated"),
        (exceptions.PermissionDenied(), 403, "forbidden"),
        (exceptions.NotFound(), 404, "not-found"),
        (exceptions.MethodNotAllowed("GET"), 405, "method-not-allowed"),
        (exceptions.NotAcceptable(), 406, "not-acceptable"),
        (exceptions.UnsupportedMediaType("text/plain"), 415, "unsupported-media-type"),
        (exceptions.ParseError(), 400, "malformed"),
        (exceptions.ValidationError({"a": ["No."]}), 400, "malformed"),
        (exceptions.Throttled(), 429, "throttled"),
        (RequestDataTooBig(), 413, "too-large"),
        (DisallowedHost(), 400, "malformed"),
        (InProgress(), 409, "in-progress"),
        (Busy(), 503, "busy"),
        (OutcomeUnknown(request="7"), 504, "outcome-unknown"),
        (StoreBusy(), 503, "busy"),
        (db.IntegrityError(), 503, "busy"),
        (db.OperationalError(), 503, "unavailable"),
        (db.InterfaceError(), 503, "unavailable"),
        (db.DataError(), 400, "malformed"),
        (ZeroDivisionError(), 500, "internal"),
        (db.ProgrammingError(), 500, "internal"),
    ],
)
def test_it_has_a_problem_for_every_error(error, status, code):
    answer, body = raised(error)
    assert (answer.status_code, body["code"]) == (status, code)


@pytest.mark.parametrize(
    "error",
    [
        *[InProgress(), Busy(), StoreBusy(), db.OperationalError(), db.IntegrityError()],
        *[exceptions.Throttled(), exceptions.Throttled(wait=2.5)],
        StoredRefusal(409, InProgress().as_answer(), headers={}),
    ],
)
def test_it_says_when_to_send_the_same_again(error):
    answer, _ = raised(error)
    assert int(answer.headers["Retry-After"]) >= 1


def test_it_says_where_an_unknown_outcome_will_be_found():
    answer, body = raised(OutcomeUnknown(request="7"))
    assert (answer.headers["Location"], body["request"]) == ("/api/v1/requests/7", "7")


def test_it_says_how_to_authenticate():
    answer, _ = raised(exceptions.NotAuthenticated())
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_it_points_at_what_is_wrong():
    _, body = raised(Malformed([("/legs/0/amount", "No."), ("/code", "Nor this.")]))
    assert body["errors"] == [
        {"pointer": "/legs/0/amount", "detail": "No."},
        {"pointer": "/code", "detail": "Nor this."},
    ]


def test_it_gives_the_facts_of_a_refusal():
    _, body = raised(TicketsSoldOut(pointer="/seats", asked=10**38, index=2))
    assert (body["asked"], body["index"]) == (str(10**38), 2)
    assert body["errors"] == [{"pointer": "/seats", "detail": "There are no tickets left."}]


def test_it_keeps_its_own_members_whatever_the_facts_are_called():
    facts = {"code": "shop:1", "status": "frozen", "type": 1, "title": "x", "errors": "x"}
    _, body = raised(TicketsSoldOut(**facts))
    assert (body["code"], body["status"], body["errors"]) == ("tickets-sold-out", 422, [])


def test_it_tells_a_client_nothing_of_what_failed_inside(caplog):
    with caplog.at_level(logging.ERROR):
        answer, _ = raised(ValueError("secret"))
    assert b"secret" not in answer.content
    assert "secret" in caplog.text


def test_it_answers_json_whatever_is_accepted():
    for accepted in ("*/*", "application/json", "text/html,*/*;q=0.1"):
        assert raised(Http404(), HTTP_ACCEPT=accepted)[0].status_code == 404
    assert raised(Http404(), HTTP_ACCEPT="text/html")[0].status_code == 406


@pytest.mark.parametrize("code", problems.PROBLEMS)
def test_it_has_a_status_and_a_title_for_every_code(code):
    answer = problems.problem(code, "What to do.")
    body = json.loads(answer.content)
    assert answer.status_code == body["status"] == problems.PROBLEMS[code]
    assert body["title"] == code.replace("-", " ").capitalize()


HANDLERS = [
    *[(problems.not_found, 404), (problems.forbidden, 403)],
    *[(problems.bad_request, 400), (problems.failed, 500)],
]


@pytest.mark.parametrize(("handler", "status"), HANDLERS)
def test_it_answers_json_below_api_and_a_page_elsewhere(handler, status):
    for path, kind in [("/api/v1/x", "application/problem+json"), ("/x", "text/html")]:
        answer = handler(RequestFactory().get(path))
        assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (status, kind)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v1/accounts/", "/api/v1/accounts/A%20B"]
)
@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_it_knows_no_address_it_was_not_given(path, method):
    answer = getattr(Client(enforce_csrf_checks=True), method)(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nothing", "/accounts/A%20B", "/\0"])
def test_it_shows_people_a_page(path):
    answer = Client().get(path)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (404, "text/html")


@pytest.mark.django_db
def test_it_answers_json_to_a_host_nobody_knows():
    answer = Client(headers={"host": "evil.example"}).get("/api/v1/accounts")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.django_db
def test_it_answers_json_when_the_session_cannot_be_read(monkeypatch):
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "x" * 32

    def fail(*_):
        raise db.OperationalError

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", fail)
    answer = client.get("/api/v1/accounts")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")


@pytest.mark.django_db
def test_a_form_without_its_pages_secret_is_told_what_to_do():
    answer = Client(enforce_csrf_checks=True).post("/login", {"username": "ann"})
    assert answer.status_code == 403
    assert "load its page again" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("error", [db.OperationalError, db.InterfaceError])
def test_it_shows_people_a_page_when_the_database_does_not_answer(error, monkeypatch, caplog):
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "x" * 32

    def fail(*_):
        raise error

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", fail)
    for path in ("/", "/transfers/new", "/admin/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert "The database does not answer" in answer.content.decode()
    assert "the database does not answer" in caplog.text
