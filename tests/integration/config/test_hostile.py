"""Whatever a client sends, it is told so in problem+json: never a 500, never HTML to the API."""

import itertools

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from commands.access.models import Token, User
from config import routing

pytestmark = pytest.mark.django_db

JSON, UUID = "application/json", "018f3c6e-0000-7000-8000-000000000001"
PATHS = [
    "/api/v1/" + str(each.pattern).replace("<code:code>", "ann").replace("<uuid:id>", UUID)
    for each in routing.api_urlpatterns()
]
WRITES = ["/api/v1/accounts", "/api/v1/transfers"]


@pytest.fixture
def sam() -> Client:
    user = User.objects.create_user("sam")
    user.groups.add(Group.objects.get(name="operate"))
    text = Token.issue(user)
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {text}"})


def is_a_clear_no(answer) -> None:
    assert 400 <= answer.status_code < 500, answer.content[:300]
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code


QUERIES = [
    *["cursor=", "cursor=x", "cursor=%00", "cursor=%ff", "cursor=a:b:c", "cursor=" + "x" * 4000],
    *["limit=", "limit=0", "limit=-1", "limit=1001", "limit=1e3", "limit=1.0", "limit=%EF%BC%91"],
    *["limit=" + "9" * 40, "limit=1&limit=2", "limit=1%00", "limit[]=1", "order=", "order=up"],
    *["order=asc&order=desc", "page=2", "offset=1", "as_of=", "x", "=", "%00=1", "%ff=%ff"],
    *["after=-1", "after=x", "after=1.5", "after=" + "9" * 19, "after=" + "9" * 40],
    *["types=%00", "prefix=%00", "reference=a%00", "account=%00", "since=%00", "since=today"],
    *["since=2024-02-30", "since=2024-1-1", "until=0000-01-01", "until=99999-01-01"],
    "&".join(f"a{number}=1" for number in range(1001)),
]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:30])
def test_it_refuses_a_query_that_means_nothing(sam, query):
    for path in PATHS:
        answer = sam.get(f"{path}?{query}")
        # What one address takes, another knows nothing of; a filter may also find nothing.
        if answer.status_code not in (200, 405):
            is_a_clear_no(answer)
    assert any(sam.get(f"{path}?{query}").status_code == 400 for path in PATHS)


HARMLESS = ["prefix=%25", "prefix=_", "prefix=%5C", "reference=%27%3B--", "account=" + "a" * 3000]


@pytest.mark.parametrize("query", HARMLESS)
def test_it_takes_signs_of_the_database_as_text(sam, query):
    name = query.partition("=")[0]
    path = "/api/v1/accounts" if name == "prefix" else "/api/v1/transfers"
    answer = sam.get(f"{path}?{query}")
    assert answer.status_code in (200, 400, 404), answer.content[:300]


BODIES = [
    *[b"", b"{}", b"[]", b"null", b"1", b'"a"', b"{", b"\xff", b"\0", b"[" * 50_000, b"a=1"],
    *[b'{"code": "a", "code": "a"}', b'{"code": "\\u0000"}', b'{"code": "\\ud800"}'],
    *[b'{"amount": 1.0}', b'{"amount": NaN}', b'{"amount": %s}' % (b"9" * 5000), b'{"": ""}'],
    b'{"from": "a", "to": "b", "amount": true}',
    '{"from": "a", "to": "b", "amount": "１"}'.encode(),
    b'{"from": "a", "to": "b", "amount": 1, "effective_on": "2024-02-30"}',
    b'{"from": "a", "to": "b", "amount": 1, "currency": "\\u0000"}',
    b'{"from": ["a"], "to": {"b": 1}, "amount": 1}',
    b'{"legs": {}}',
    b'{"legs": [1, 2]}',
    b'{"legs": []}',
    b'{"legs": [' + b",".join([b"{}"] * 101) + b"]}",
    b'{"legs": [{"account": "a", "direction": "debit", "amount": 1}], "from": "a"}',
    b'{"code": "a", "name": "A", "currency": "XXXX"}',
    b'{"code": "a", "name": "A", "currency": "EUR", "owner": "%s"}' % UUID.encode(),
    b'{"code": "a", "name": "A", "currency": "EUR", "metadata": {"a": {"b": 1}}}',
    b'{"code": "a", "name": "A", "currency": "EUR", "overdraft_limit": -1}',
    b'{"code": "%s", "name": "A", "currency": "EUR"}' % (b"a" * 201),
    b'{"name": "' + b"x" * 1_100_000 + b'"}',
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:30]))
def test_it_refuses_a_body_that_means_nothing(sam, body):
    for path in WRITES:
        is_a_clear_no(sam.generic("POST", path, body, JSON))


KINDS = ["", "text/plain", "text/html", "application/xml", "application/x-www-form-urlencoded"]
KINDS += ["multipart/form-data; boundary=x", "multipart/form-data", "application/json5", "x", "/"]


@pytest.mark.parametrize("kind", KINDS)
def test_it_refuses_every_other_kind_of_body(sam, kind):
    for path in WRITES:
        answer = sam.generic("POST", path, b'{"a": 1}', kind)
        is_a_clear_no(answer)
        assert answer.status_code == 415


HEADERS = [
    *[{"Idempotency-Key": key} for key in ("", " ", "a b", "é", "\x01", "x" * 256)],
    *[{"Accept": kind} for kind in ("text/html", "application/xml", "image/*")],
    *[{"Content-Length": "-1"}, {"Content-Length": "x"}, {"Authorization": "Bearer \xff"}],
    *[{"Host": "evil.example"}, {"Host": "a b"}, {"Host": "[::1"}],
]


@pytest.mark.parametrize("headers", HEADERS, ids=repr)
def test_it_refuses_a_header_that_means_nothing(sam, headers):
    for path in WRITES:
        is_a_clear_no(sam.generic("POST", path, b"{}", JSON, headers=headers))


ODD = ["A", "a%00b", "a%0A", "a%2F..", "..", "a:", "%ff", "%F0%9F%98%80", "a" * 300, "0" * 3000]


@pytest.mark.parametrize("name", ODD, ids=lambda name: name[:20])
def test_it_refuses_a_path_that_means_nothing(sam, name):
    for path in ("accounts/{}", "accounts/{}/entries", "transfers/{}", "{}"):
        is_a_clear_no(sam.get("/api/v1/" + path.format(name)))


def test_it_refuses_every_method_that_an_address_does_not_have(sam):
    for path, method in itertools.product(PATHS, ["PUT", "PATCH", "DELETE", "TRACE", "BREW"]):
        answer = sam.generic(method, path, b"{}", JSON)
        is_a_clear_no(answer)
        assert "OPTIONS" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "query", ["after=%00", "after=%ff", "after=-1", "after=" + "9" * 30, "x=1"]
)
def test_it_shows_people_no_traceback(query):
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_user("ann"))
    for path in ("/", "/accounts/", "/accounts/ann", "/login"):
        assert client.get(f"{path}?{query}").status_code < 500
