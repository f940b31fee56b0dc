"""Whatever a client sends, it is told so in problem+json: never a 500, never HTML to the API."""

import itertools

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from commands.access.models import Token, User
from tests.examples.hostile import BODIES, HEADERS, JSON, KINDS, ODD, PATHS, QUERIES, WRITES

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:30]))
def test_it_refuses_a_body_that_means_nothing(sam, body):
    for method, path in WRITES:
        is_a_clear_no(sam.generic(method, path, body, JSON))


@pytest.mark.parametrize("kind", KINDS)
def test_it_refuses_every_other_kind_of_body(sam, kind):
    for method, path in WRITES:
        answer = sam.generic(method, path, b'{"a": 1}', kind)
        is_a_clear_no(answer)
        assert answer.status_code == 415


@pytest.mark.parametrize("headers", HEADERS, ids=repr)
def test_it_refuses_a_header_that_means_nothing(sam, headers):
    for method, path in WRITES:
        is_a_clear_no(sam.generic(method, path, b"{}", JSON, headers=headers))


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
