"""One address, two sides: reads and writes of one path are answered as one."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import Client, RequestFactory

from commands.ledger.api import ChangeAccountDetails, PostTransfer
from config import routing
from config.domains import ROOT
from config.routing import Address, merged


def says(word: str):
    return lambda request, **arguments: HttpResponse(f"{word} {request.method} {arguments}")


READS = {"tickets": {"GET": says("read")}, "tickets/<uuid:id>": {"GET": says("read")}}
WRITES = {"tickets": {"POST": says("write")}}


def ask(method: str, path: str = "tickets", **arguments):
    views = merged(READS, WRITES)[path]
    return Address(views)(RequestFactory().generic(method, f"/{path}"), **arguments)


def test_it_hands_each_method_to_its_side():
    assert ask("GET").content == b"read GET {}"
    assert ask("POST").content == b"write POST {}"


def test_it_answers_head_by_the_read():
    assert ask("HEAD").content == b"read HEAD {}"


def test_it_passes_the_paths_arguments_on():
    assert ask("GET", "tickets/<uuid:id>", id=7).content == b"read GET {'id': 7}"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW"])
def test_it_allows_the_union_of_both_sides(method):
    answer = ask(method)
    assert answer.status_code == 405
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_it_answers_options():
    answer = ask("OPTIONS")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert ask("OPTIONS", "tickets/<uuid:id>").headers["Allow"] == "GET, HEAD, OPTIONS"


def test_it_refuses_to_start_when_both_claim_one_method():
    with pytest.raises(ImproperlyConfigured, match="GET tickets is claimed twice"):
        merged(READS, {"tickets": {"GET": says("write")}})


def test_it_refuses_to_start_when_one_path_has_two_spellings():
    with pytest.raises(ImproperlyConfigured, match="tickets/<uuid:"):
        merged(READS, {"tickets/<uuid:ticket>": {"POST": says("write")}})


def test_it_finds_every_urls_file_there_is():
    found = {module.__name__ for module in routing.modules()}
    on_disk = {
        f"{path.parent.relative_to(ROOT)}.urls".replace("/", ".")
        for top in ("eventstore", "commands", "projections")
        for path in (ROOT / top).rglob("urls.py")
    }
    assert found == on_disk


def test_it_names_no_domain():
    domains = {path.stem for path in (ROOT / "eventstore/events").glob("*.py")} - {"__init__"}
    for name in ("routing.py", "urls.py"):
        text = (ROOT / "config" / name).read_text()
        assert not [domain for domain in domains if f".{domain}" in text]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["accounts", "transfers"])
def test_it_serves_both_sides_of_one_address(path):
    answer = Client().options(f"/api/v1/{path}")
    assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_it_asks_who_are_you_before_anything_else(method):
    for pattern in routing.api_urlpatterns():
        path = "/api/v1/" + str(pattern.pattern)
        path = path.replace("<code:code>", "a").replace(
            "<uuid:id>", "0" * 8 + "-0000" * 4 + "0" * 8
        )
        assert getattr(Client(), method)(path).status_code in (401, 405)


@pytest.mark.parametrize(
    ("view", "path"),
    [(ChangeAccountDetails, "accounts"), (PostTransfer, "transfers/<uuid:id>")],
)
def test_a_path_that_does_not_name_what_its_command_says_stops_the_start(view, path):
    with pytest.raises(ImproperlyConfigured, match=view.command):
        view.check_address(path)
