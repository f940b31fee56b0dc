"""Who may what: every route of the product times everybody who could ask."""

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from commands.access.models import Token
from commands.engine.models import Notification
from config import routing
from eventstore.ids import uuid7
from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.http import Api
from tests.examples.ledger import pay
from tests.examples.people import ANN, BOB, SAM
from tests.examples.queueing import upload_later
from tests.examples.receiving import endpoint
from tests.examples.who import (
    CAPTURED,
    NO_READ,
    NO_WRITE,
    NOBODY,
    OPERATED,
    OWN,
    READERS,
    SHARED,
    STAFF,
    WHO,
    WRITERS,
    may,
)
from tests.examples.writes import ADDRESSED, HELD, WRITES, path_of, prepare, routes

pytestmark = pytest.mark.django_db

API = {
    "GET accounts": may(*READERS),
    "GET activity": may(*READERS),
    "GET balances": may(*READERS),
    "GET balances/tree": may(*READERS),
    "GET transfers": may(*READERS),
    "GET trial-balance": may("prefix token", *STAFF),
    "GET accounts/<code:code>": may("owner", *STAFF, other=404) | NO_READ,
    "GET accounts/<code:code>/days": may("owner", *STAFF, other=404) | NO_READ,
    "GET accounts/<code:code>/entries": may("owner", *STAFF, other=404) | NO_READ,
    "GET accounts/<code:code>/statement": may("owner", *STAFF, other=404) | NO_READ,
    "GET accounts/<code:code>/holds": SHARED,
    "GET accounts/<code:code>/holds/<uuid:id>": SHARED,
    "GET accounts/<code:code>/alert": may("owner", *STAFF, other=404) | NO_READ,
    "GET accounts/<code:code>/sweep": may("owner", *STAFF, other=404) | NO_READ,
    "GET books": may(*READERS),
    "GET accounts/<code:code>/events": may("owner", *STAFF, other=404) | NO_READ,
    "GET standing-orders": may(*READERS),
    "GET standing-orders/<uuid:id>": may("owner", *STAFF, other=404) | NO_READ,
    "GET transfers/<uuid:id>": may("owner", *STAFF, other=404) | NO_READ,
    "GET events": may("view", "operate", "events token"),
    "DELETE requests/<uuid:id>": may("operate", "write token", other=404) | NO_WRITE,
    "GET notifications": may("owner", "other owner", *STAFF),
    "GET events/stream": may("view", "operate", "events token"),
    "GET projections": may("view", "operate", "events token"),
    "GET subscriptions": may("view", "operate", "events token"),
    "GET requests": may("owner", "other owner", *STAFF),
    "GET requests/stream": may("owner", "other owner", *STAFF),
    "GET requests/patterns": may(*STAFF),
    "GET requests/<uuid:id>": may(*STAFF, other=404) | NO_READ,
    "POST accounts": may(*WRITERS),
    "PATCH accounts/<code:code>": OWN,
    "POST accounts/<code:code>/overdraft-limit": OPERATED,
    "POST accounts/<code:code>/freeze": OPERATED,
    "POST accounts/<code:code>/unfreeze": OPERATED,
    "POST accounts/<code:code>/close": OPERATED,
    "POST accounts/<code:code>/reopen": OPERATED,
    "POST accounts/<code:code>/alert": OWN,
    "POST accounts/<code:code>/sweep": OWN,
    "POST accounts/<code:code>/holds": OWN,
    "POST accounts/<code:code>/holds/<uuid:id>/capture": CAPTURED,
    "POST accounts/<code:code>/holds/<uuid:id>/release": CAPTURED,
    "POST transfers/<uuid:id>/reverse": OPERATED,
    "POST books/close": may(),
    "POST notifications/<uuid:id>/seen": may("operate", "write token", other=404) | NO_WRITE
    | {"prefix token": 403},
    "GET webhooks": may("operate", "read token"),
    "GET webhooks/<uuid:id>": may("operate", "read token"),
    "GET webhooks/<uuid:id>/deliveries": may("operate", "read token"),
    "POST webhooks": may("operate"),
    "PATCH webhooks/<uuid:id>": may("operate"),
    "DELETE webhooks/<uuid:id>": may("operate"),
    "POST webhooks/<uuid:id>/replay": may("operate"),
    "POST webhooks/<uuid:id>/rotate": may("operate"),
    "POST bulk": may("owner", "other owner", "view", *WRITERS, "prefix token"),
    "POST standing-orders": OWN,
    "POST standing-orders/<uuid:id>/cancel": OWN,
    "POST transfers": OWN,
}  # fmt: skip
"""Every route of the API: who gets what when it is about Ann's account."""

# A bulk is for whoever may send commands; each of its commands is for whom that one is.
EACH = {"command": "post_transfer", "data": {"from": "ann", "to": "bob", "amount": 1}}
BODIES = {route: bodies[0] for route, bodies in WRITES.items()} | {
    "POST transfers": {"from": "ann", "to": "bob", "amount": 1},
    "POST bulk": {"atomic": False, "commands": [EACH]},
    "POST webhooks": {"url": "https://198.51.101.7/hook"},
    "PATCH webhooks/<uuid:id>": {"active": True},
    "POST webhooks/<uuid:id>/replay": {"after": 0},
}


@pytest.fixture
def ids():
    rich("ann", 100, owner=ANN)
    rich("bob", 0, owner=BOB)
    prepare()
    paid = ask(pay("ann", "world", 1))
    waits = ask(pay("ann", "world", 1), later=True)
    told = Notification.objects.create(
        id=uuid7(), user=SAM.id, kind="refused", text="No.", created_at=timezone.now()
    )
    return {"<code:code>": "ann", "holds/<uuid:id>": str(HELD),
            "transfers/<uuid:id>": paid.body["transfer"]["id"],
            "requests/<uuid:id>": str(waits.request),
            "bulk/<uuid:id>": str(upload_later().request),
            "notifications/<uuid:id>": str(told.id),
            "tokens/<slug:id>": Token.issue(user(ANN)).split("_")[1],
            "webhooks/<uuid:id>": str(endpoint("https://198.51.101.7/hook").id)}  # fmt: skip


def addressed(route: str, ids: dict[str, str]) -> tuple[str, str]:
    if route in ADDRESSED:
        return path_of(route)
    method, _, path = route.partition(" ")
    for place, value in ids.items():
        path = path.replace(place, place.partition("<")[0] + value)
    assert "<" not in path, f"say what stands in {route}"
    return method, f"/{path}"


def asked(api: Api, route: str, ids: dict[str, str]) -> int:
    method, path = addressed(route, ids)
    if method == "GET":
        return api.get(path).status_code
    return api.write(method, path, BODIES.get(route, "")).status_code


def test_every_route_of_the_api_says_who_may():
    assert routes() == sorted(API), "a new route stands in API, with who may"


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("route", API)
def test_it_lets_in_who_may_and_nobody_else(route, who, ids):
    person, token = WHO[who]
    status = asked(Api(person, **token), route, ids)
    assert (200 if status == 201 else status) == API[route][who]


@pytest.mark.parametrize("route", API)
def test_nobody_is_asked_who_they_are(route, ids):
    api = Api(SAM)
    for headers in ({}, {"Authorization": "Bearer db_x_y"}, {"Authorization": "Basic eDp5"}):
        api.headers = headers
        assert asked(api, route, ids) == API[route][NOBODY]


@pytest.mark.parametrize("route", [route for route in API if not route.startswith("GET")])
def test_a_session_changes_nothing_without_its_csrf_token(route, ids):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user(SAM))
    method, path = addressed(route, ids)
    answer = client.generic(method, f"/api/v1{path}", "{}", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


# --- pages -----------------------------------------------------------------------------------

PUBLIC = {"login", "logout", "language", "healthz", "readyz", "metrics", "how-it-answers",
          "how-to-use-the-api", "how-the-ledger-works", "problems/", "problems/<slug:code>",
          "api/v1/schema/", "api/v1/schema/events/", "api/v1/schema/events/<str:name>",
          "api/v1/docs/"}  # fmt: skip
FOR_STAFF = may("operate", other=404) | {"owner": 403, "view": 403}
PAGES = {
    "": may("owner", "other owner", "view", "operate"),
    "accounts/": may("owner", "other owner", "view", "operate"),
    "accounts/<code:code>": may("owner", "view", "operate", other=404),
    "accounts/<code:code>/edit": may("owner", "operate", other=404) | {"view": 403},
    "accounts/<code:code>/reconcile": may("owner", "view", "operate", other=404),
    "accounts/<code:code>/overdraft-limit": FOR_STAFF,
    "accounts/<code:code>/freeze": FOR_STAFF,
    "accounts/<code:code>/unfreeze": FOR_STAFF,
    "accounts/<code:code>/close": FOR_STAFF,
    "accounts/<code:code>/reopen": FOR_STAFF,
    "accounts/<code:code>/alert": may("owner", "operate", other=404) | {"view": 403},
    "accounts/<code:code>/sweep": may("owner", "operate", other=404) | {"view": 403},
    "accounts/<code:code>/holds": may("owner", "other owner", "view", "operate"),
    "accounts/<code:code>/holds/new": may("owner", "operate", other=404) | {"view": 403},
    "accounts/<code:code>/holds/<uuid:id>": may("owner", "other owner", "view", "operate"),
    "accounts/<code:code>/holds/<uuid:id>/capture": may("other owner", "operate"),
    "accounts/<code:code>/holds/<uuid:id>/release": may("other owner", "operate"),
    "accounts/<code:code>/statement": may("owner", "view", "operate", other=404),
    "accounts/<code:code>/why": may("owner", "view", "operate", other=404),
    "accounts/<code:code>/statement.csv": may("owner", "view", "operate", other=404),
    "accounts/new": may("operate"),
    "activity": may("owner", "other owner", "view", "operate"),
    "bulk/<uuid:id>/refused.csv": may("view", "operate", other=404),
    "bulk/accounts.csv": may("owner", "other owner", "view", "operate"),
    "bulk/new": may("owner", "other owner", "view", "operate"),
    "bulk/transfers.csv": may("owner", "other owner", "view", "operate"),
    "books/": may("owner", "other owner", "view", "operate"),
    "books/close": may(),
    "me/": may("owner", "other owner", "view", "operate"),
    "me/password": may("owner", "other owner", "view", "operate"),
    "me/tokens": may("owner", "other owner", "view", "operate"),
    "me/tokens/new": may("owner", "other owner", "view", "operate"),
    "me/tokens/<slug:id>/revoke": may("owner", other=404),
    "notifications/<uuid:id>/seen": may(other=405),
    "balances/tree": may("owner", "other owner", "view", "operate"),
    "compare-roads": may(other=404),
    "corrections": may(other=404),
    "requests/": may("owner", "other owner", "view", "operate"),
    "requests/<uuid:id>": may("view", "operate", other=404),
    "requests/<uuid:id>/again": may("operate", other=404),  # It is Sam's own.
    "requests/patterns": may("view", "operate"),
    "requests/<uuid:id>/cancel": may(other=405),
    "subscriptions": may("view", "operate"),
    "search/accounts": may("owner", "other owner", "view", "operate"),
    "standing-orders/": may("owner", "other owner", "view", "operate"),
    "standing-orders/new": may("owner", "other owner", "view", "operate"),
    "standing-orders/<uuid:id>": may("owner", "view", "operate", other=404),
    "standing-orders/<uuid:id>/cancel": may("owner", "operate", other=404) | {"view": 403},
    "tour": dict.fromkeys(("owner", "other owner", "view", "operate"), 303),
    "tour/end": may(other=405),
    "transfers/<uuid:id>": may("owner", "view", "operate", other=404),
    "transfers/<uuid:id>/reverse": may("operate", other=404) | {"owner": 403, "view": 403},
    "transfers/new": may("owner", "other owner", "view", "operate"),
    "trial-balance": may("view", "operate"),
    "trial-balance.csv": may("view", "operate"),
}
"""Every page that is about somebody's own: who sees that of Ann's account."""


def pages() -> list[str]:
    """Every address of the product that is no route of the API and none of the admin's."""
    of_api = {f"api/v1/{address.pattern}" for address in routing.api_urlpatterns()}
    return sorted(
        path
        for path, _ in flattened(get_resolver().url_patterns)
        if path not in of_api and not path.startswith("admin/")
    )


def flattened(patterns, before: str = ""):
    for each in patterns:
        path = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from flattened(each.url_patterns, path)
        else:
            yield path, each


def test_every_page_says_who_may():
    assert set(pages()) == PUBLIC & set(pages()) | PAGES.keys(), "a new page stands in PAGES"


@pytest.mark.parametrize("page", PAGES)
def test_nobody_is_sent_to_the_login(page, ids):
    _, path = addressed(f"GET {page}", ids)
    answer = Client().get(path)
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/login")


@pytest.mark.parametrize("who", ["owner", "other owner", "view", "operate"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_shown_to_who_may_see_it(page, who, ids):
    client = Client()
    client.force_login(user(WHO[who][0]))
    _, path = addressed(f"GET {page}", ids)
    assert client.get(path).status_code == PAGES[page][who]


def test_the_admin_is_for_staff_alone():
    assert Client().get("/admin/")["Location"].startswith("/admin/login/")
    client = Client()
    client.force_login(user(SAM))
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    "path",
    ["accounts", "accounts/ann", "accounts/ann/statement", "balances", "balances/tree", "books",
     "events", "transfers", "trial-balance"],
)  # fmt: skip
def test_a_format_that_is_none_tells_a_stranger_no_more_than_others(path):
    rich("ann", 100)
    stranger = Client().get(f"/api/v1/{path}?format=xml")
    assert (stranger.status_code, stranger.json()["code"]) == (401, "unauthenticated")
    answer = Api(SAM).get(f"/{path}?format=xml")
    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.json()["errors"]] == ["format"]
