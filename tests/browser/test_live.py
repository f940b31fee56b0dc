"""What scripts make better: pages that change in place, and say the same without."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from tests.browser.conftest import log_in, log_in_there
from tests.browser.test_pages import filled, write_transfer
from tests.examples.queueing import work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_the_slider_shows_the_account_as_it_stood(served, opened, scripts):
    filled()
    page = opened(java_script_enabled=scripts)
    log_in(page, f"{served.url}/accounts/ann", "ann")
    page.get_by_label("As it stood after event 3 of 3").press("ArrowLeft")
    if not scripts:
        page.get_by_role("button", name="Show").first.click()
    page.get_by_text("This is not what is now").wait_for()
    assert page.get_by_label("As it stood after event 2 of 3").input_value() == "2"
    assert page.locator(".balance dd").first.inner_text() == "1,234.56 EUR"
    page.get_by_role("link", name="One event on").click()
    page.get_by_label("As it stood after event 3 of 3").wait_for()
    assert page.locator(".balance dd").first.inner_text() == "1,184.31 EUR"


def test_the_slider_leads_to_the_log_in_when_the_session_has_ended(served, page):
    filled()
    log_in(page, f"{served.url}/accounts/ann", "ann")
    Session.objects.all().delete()
    page.get_by_label("As it stood after event 3 of 3").press("ArrowLeft")
    page.wait_for_url("**/login?**")
    log_in_there(page, "ann")
    page.get_by_text("This is not what is now").wait_for()
    assert page.locator(".balance dd").first.inner_text() == "1,234.56 EUR"


def test_the_slider_shows_what_went_wrong_where_the_account_cannot_be_shown(served, page):
    filled()
    log_in(page, f"{served.url}/accounts/ann", "ann")
    page.route("**/accounts/ann?*", lambda route: route.fulfill(status=503, body="Come back soon"))
    page.get_by_label("As it stood after event 3 of 3").press("ArrowLeft")
    page.get_by_text("Come back soon").wait_for()


@pytest.mark.parametrize("failing", ["no connection", "an error", "no session"])
def test_what_could_not_be_checked_shows_no_figure_of_before(served, page, failing):
    filled()
    log_in(page, served.url, "ann")
    write_transfer(page)
    page.get_by_label("Amount").press("Tab")
    page.get_by_text("After this:").wait_for()
    if failing == "no connection":
        page.route("**/transfers/new?*", lambda route: route.abort())
    elif failing == "an error":
        page.route("**/transfers/new?*", lambda route: route.fulfill(status=500))
    else:
        Session.objects.all().delete()
    page.get_by_label("Amount").fill("5000")
    page.get_by_label("Amount").press("Tab")
    page.get_by_text("It could not be checked just now. Nothing was changed.").wait_for()
    expect(page.get_by_text("After this:")).to_have_count(0)


def test_a_leg_is_added_on_a_page_of_its_own_where_it_cannot_be_in_place(served, page):
    filled()
    log_in(page, f"{served.url}/transfers/new?legs=2", "ann")
    missing = [True]
    page.route("**/transfers/new?form=*", lambda route: (
        route.abort() if missing and missing.pop() else route.continue_()
    ))  # fmt: skip
    before = page.locator("#legs fieldset").count()
    page.get_by_role("button", name="Add a leg").click()
    expect(page.locator("#legs fieldset")).to_have_count(before + 1)


def test_by_keyboard_alone_a_transfer_is_posted(served, page):
    filled()
    log_in(page, served.url, "ann")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.get_by_role("link", name="New transfer").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/transfers/new*")
    page.get_by_label("From", exact=True).focus()
    for text in ("ann", "bob", "10"):
        page.keyboard.type(text)
        while page.evaluate("document.activeElement.value") == text:
            page.keyboard.press("Tab")
        while page.evaluate("document.activeElement.tagName") != "INPUT":
            page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/transfers/*-*")
    page.get_by_role("status").wait_for()


@pytest.fixture
def waiting(served, page):
    """Ann's page of a transfer that is done later, while it follows what comes of it."""
    filled()
    log_in(page, served.url, "ann")
    write_transfer(page)
    page.get_by_role("button", name="Do it later").click()
    page.get_by_text("What comes of it is shown here as soon as it is done.").wait_for()
    return page


def test_a_page_that_waits_shows_what_comes_of_it_by_itself(waiting):
    work()
    waiting.get_by_role("link", name="See the transfer").wait_for()


LISTEN = """
const outcomes = new EventSource("/api/v1/requests/stream");
outcomes.addEventListener("request.refused", () => setTimeout(() => console.log("heard"), 500));
"""
"""In a page: tells that a request was refused once whatever else heard it has had some time."""


def test_news_of_a_request_does_not_run_over_the_form_that_made_it(waiting):
    """The answer to the form is slower than the stream, as on a slow network."""
    waiting.evaluate(LISTEN)
    answered = []

    def slowly(route):
        with waiting.expect_console_message(lambda said: said.text == "heard"):
            response = route.fetch(max_redirects=0)
        route.fulfill(response=response)
        answered.append(response.status)

    waiting.route("**/cancel", slowly)
    waiting.get_by_role("button", name="Cancel").click()
    waiting.get_by_text("Cancelled; nothing was done.").wait_for()
    assert answered == [303]


def be(page, hidden: str) -> None:
    """The tab of the page is behind another, or comes forth."""
    page.evaluate(f"""
      Object.defineProperty(document, "hidden", {{value: {hidden}, configurable: true}});
      document.dispatchEvent(new Event("visibilitychange"));
    """)


def test_a_page_behind_others_takes_no_connection_and_catches_up_when_it_is_seen(waiting):
    """A browser has six connections to a host: more pages that wait would stop all others."""
    with waiting.expect_event("requestfailed", lambda each: each.url.endswith("/requests/stream")):
        be(waiting, hidden="true")
    waiting.get_by_text("Reload this page to see whether it was.").wait_for()
    work()
    be(waiting, hidden="false")
    waiting.get_by_role("link", name="See the transfer").wait_for()
