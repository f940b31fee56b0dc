"""The web server tells everybody who means harm so, at once, and goes on."""

import http.client
import json

import pytest

from commands.access.models import Token
from tests.examples.factories import user
from tests.examples.hostile import BODIES, HEADERS, JSON, KINDS, ODD, PATHS, QUERIES, WRITES
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ask(served):
    """Send a request as somebody who operates; the answer's status and problem."""
    bearer = {"Authorization": f"Bearer {Token.issue(user(SAM))}"}

    def asked(method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
        try:
            sent = {name: value.encode("latin-1") for name, value in headers.items()}
            connection.request(method, path, body, {**bearer, **sent})
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read()
        finally:
            connection.close()

    return asked


def is_a_clear_no(answer):
    status, kind, body = answer
    assert 400 <= status < 500, answer
    assert kind == "application/problem+json"
    assert json.loads(body)["status"] == status


def test_it_refuses_bodies_that_mean_nothing(ask):
    for method, path in WRITES:
        for body in BODIES:
            is_a_clear_no(ask(method, path, body, **{"Content-Type": JSON}))


def test_it_refuses_other_kinds_of_body(ask):
    for method, path in WRITES:
        for kind in KINDS:
            assert ask(method, path, b'{"a": 1}', **{"Content-Type": kind})[0] == 415


def test_it_refuses_headers_that_mean_nothing(ask):
    for method, path in WRITES:
        for headers in HEADERS:
            # The server itself, or the client's library, refuses what is no HTTP.
            try:
                status, *_ = ask(method, path, b"{}", **{"Content-Type": JSON} | headers)
            except (ValueError, UnicodeError, http.client.HTTPException):
                continue
            assert 400 <= status < 500, headers


def test_it_refuses_queries_and_paths_that_mean_nothing(ask):
    for path in PATHS:
        for query in QUERIES:
            assert ask("GET", f"{path}?{query}")[0] < 500
    for name in ODD:
        is_a_clear_no(ask("GET", f"/api/v1/accounts/{name}"))


BROKEN = [
    b"GET / HTTP/9.9\r\n\r\n",
    b"nonsense\r\n\r\n",
    b"\0" * 100,
    b"GET /api/v1/accounts HTTP/1.1\r\n\r\n",
    b"GET /api/v1/accounts HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"y" * 500_000 + b"\r\n\r\n",
    b"POST /api/v1/accounts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
    b"Content-Length: 7\r\n\r\nabcdefg",
    b"POST /api/v1/accounts HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
    b"\r\nzz\r\n",
    b"POST /api/v1/accounts HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Length: 3\r\n\r\n0\r\n\r\n",
]


def test_it_survives_what_is_no_http(served, ask):
    for text in BROKEN:
        with served.connect() as bare:
            try:
                bare.sendall(text)
                said = bare.recv(100)
            except ConnectionError:
                continue
        assert not said or b" 4" in said[:15], (text[:60], said)
    assert ask("GET", "/api/v1/accounts")[0] == 200
