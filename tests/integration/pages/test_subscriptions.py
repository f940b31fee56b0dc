"""The page of who follows the log: what GET /subscriptions tells, with what it means."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib.admin.utils import quote
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from commands.engine.reactions import reaction
from commands.webhooks import endpoints
from commands.webhooks.models import Endpoint
from eventstore.events.ledger import AccountOpened
from eventstore.listeners import pages
from eventstore.listeners.listener import listeners
from eventstore.listeners.status import STATES, subscriptions
from eventstore.listeners.steering import intervene
from eventstore.store import latest_position
from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.following import follow
from tests.examples.http import Api
from tests.examples.ledger import open_account
from tests.examples.pages import browser, rows, text
from tests.examples.people import ANN, SAM, VIC
from tests.examples.reacting import follow_all, only_those_of_this_test
from tests.examples.receiving import endpoint
from tests.integration.admin.windows import staff

pytestmark = pytest.mark.django_db

PAGE = "/subscriptions"


@pytest.fixture(autouse=True)
def two():
    """One reaction that handles all, and one that cannot handle who is called bad."""
    with only_those_of_this_test():

        @reaction("calm", AccountOpened)
        def calm(happened):
            return []

        @reaction("broken", AccountOpened)
        def fail(happened):
            if happened.event.code == "bad":
                raise ValueError("this one is <bad>")
            return []

        rich("ann", 5, owner=ANN)
        yield


def told():
    """State, position and lag by name, as the page has them."""
    return {row[0]: row[2:] for row in rows(browser(VIC), PAGE)}


def test_it_shows_how_each_stands():
    follow_all()
    follow()
    end = str(latest_position())
    assert told()["calm"] == ["running", end, "0 events"]
    bad = ask(open_account("bad"), by=SAM).position
    *stands, lag = told()["calm"]
    assert (stands, lag[:9]) == (["behind", end], "1 event, ")
    follow_all()
    intervene(listeners()[1], "pause", by=SAM.id, reason="Audit")
    found = told()
    assert found["calm"] == ["paused", str(bad), "0 events"]
    assert found["broken"][0] == f"stopped Stopped before {bad}: ValueError: this one is <bad>"
    assert "daily_totals" in found


def test_it_is_what_the_api_tells():
    off = endpoint("https://example.com/hook")
    endpoints.change(off.id, by="sam", active=False)
    answer = Api(SAM).get("/subscriptions").json()["subscriptions"]
    found = told()
    for each in answer:
        state = "behind" if each["state"] == "running" and each["lag_events"] else each["state"]
        assert found[each["name"]][0] == " ".join(filter(None, [state, each["error"]]))
        assert found[each["name"]][1] == str(each["position"])
    assert found.keys() - {"Name"} == {each["name"] for each in answer}
    assert "example.com" not in text(browser(VIC), PAGE), "an address may be a secret"


def test_an_endpoint_that_fails_says_so_and_one_that_is_off_stands_before_nothing():
    failing, off = endpoint("https://example.com/a"), endpoint("https://example.com/b")
    since = datetime(2026, 11, 23, 12, tzinfo=UTC)
    Endpoint.objects.filter(id=failing.id).update(failing_since=since, attempts=3)
    endpoints.change(off.id, by="sam", active=False)
    found = {each.name: each for each in subscriptions()}
    assert found[str(failing.id)].state == "running"
    assert found[str(failing.id)].trouble == (
        "It has not taken its next event since 2026-11-23T12:00:00.000000Z: 3 attempts."
    )
    assert (found[str(off.id)].state, found[str(off.id)].trouble) == ("stopped", "By sam.")


def test_it_asks_no_more_for_many_endpoints_that_are_behind():
    def queries():
        with CaptureQueriesContext(connection) as made:
            subscriptions()
        return len(made)

    for position in range(2):
        made = endpoint("https://example.com/hook")
        Endpoint.objects.filter(id=made.id).update(position=position)
    few = queries()
    for _ in range(5):
        endpoint("https://example.com/hook")
    ask(open_account("bob"), by=SAM)
    assert queries() == few


def test_every_state_there_is_is_explained():
    said = text(browser(VIC), PAGE)
    assert pages.MEANINGS.keys() == {*STATES, "behind"}
    for state, meaning in pages.MEANINGS.items():
        assert f"{state} {meaning}" in said


def test_who_may_do_something_about_it_is_led_there():
    hook, sam = endpoint("https://example.com/hook"), staff(SAM)
    html = sam.get(PAGE).content.decode()
    ways = re.findall(r'href="(/admin/[^"]+/change/)"', html)
    for window, key in (
        ("eventstore_listenerstate", "broken"),
        ("projections_projectionstate", "daily_totals"),
        ("webhooks_endpoint", hook.id),
    ):
        assert reverse(f"admin:{window}_change", args=[quote(key)]) in ways
    assert {sam.get(way).status_code for way in ways} == {200}
    assert "/change/" not in browser(VIC).get(PAGE).content.decode()


@pytest.mark.parametrize("person", [VIC, SAM, ANN])
def test_it_is_reached_from_home_by_who_may_see_it(person):
    page = browser(person)
    html = page.get("/").content.decode()
    assert (f'href="{PAGE}"' in html) == (page.get(PAGE).status_code == 200) == (person != ANN)


def test_it_asks_no_more_for_many_endpoints_than_for_one():
    client, counts = browser(VIC), []
    user(SAM)
    for _ in range(2):
        endpoint("https://example.com/hook")
        with CaptureQueriesContext(connection) as made:
            assert client.get(PAGE).status_code == 200
        counts.append(len(made))
        for _ in range(3):
            endpoint("https://example.com/hook")
    assert counts[0] == counts[1] <= 22, [each["sql"][:80] for each in made]
