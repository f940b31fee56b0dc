"""Each of the five outcomes as somebody with a browser meets it, with scripts and without."""

import re

import pytest
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import expect

from commands.engine import endings
from eventstore.store import latest_position
from tests.browser.conftest import is_good, log_in, picture
from tests.browser.test_pages import NARROW, filled, post, write_transfer
from tests.examples.following import follow
from tests.examples.pages import posted
from tests.examples.queueing import work

pytestmark = pytest.mark.django_db(transaction=True)

BROWSERS = {
    "with JavaScript, 360 dark": {"viewport": NARROW, "color_scheme": "dark"},
    "without": {"java_script_enabled": False},
}
FOLLOWERS = ("activity", "daily_totals")
BREAK = """
CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RAISE EXCEPTION ''the disk is broken''; END';
CREATE TRIGGER broken BEFORE INSERT ON eventstore_event FOR EACH ROW
    WHEN (NEW.type = 'ledger.account_debited') EXECUTE FUNCTION break()"""
MEND = "DROP TRIGGER IF EXISTS broken ON eventstore_event; DROP FUNCTION IF EXISTS break"


@pytest.fixture(params=BROWSERS.values(), ids=BROWSERS.keys())
def about(request):
    """What kind of browser it is."""
    return request.param


@pytest.fixture
def scripts(about) -> bool:
    return about.get("java_script_enabled", True)


@pytest.fixture
def ann(served, opened, about):
    """Ann, who has 1,184.31 EUR, with a transfer of 10.00 EUR to Bob all but posted."""
    filled()
    page = opened(**about)
    log_in(page, served.url, "ann")
    write_transfer(page)
    page.get_by_label("Description").fill("Books")
    return page


@pytest.fixture
def mend():
    """The database refuses every debit, as a broken one would, until this is called."""

    def execute(statements: str = MEND) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statements)

    execute(BREAK)
    yield execute
    execute()


@pytest.fixture
def shown(scripts):
    """Keep a picture; where there are scripts it must be easily read as well."""

    def show(page, name: str) -> None:
        if scripts:
            is_good(page, f"outcome-{name}-360-dark")
        else:
            picture(page, f"outcome-{name}-without")

    return show


def later(page):
    return page.get_by_role("button", name="Do it later")


def says(page, text: str):
    expect(page.get_by_role("status").filter(has_text=text)).to_be_visible()


def test_succeeded_is_said_where_what_was_made_is_shown(ann, shown):
    post(ann).click()
    says(ann, "Transfer posted: 10.00 EUR from ann to bob.")
    expect(ann).to_have_url(re.compile(r"/transfers/[0-9a-f-]{36}$"))
    shown(ann, "succeeded")
    ann.reload()
    expect(ann.get_by_role("status")).to_have_count(0)
    assert posted("bob") == 5_025 + 1_000


def test_refused_stands_at_its_field_with_facts_and_what_was_written(ann, shown):
    ann.get_by_label("Amount").fill("5000")
    key = ann.locator("[name=idempotency_key]").input_value()
    post(ann).click()
    expect(ann.get_by_role("alert")).to_be_focused()
    amount = ann.get_by_label("Amount")
    expect(amount).to_have_attribute("aria-invalid", "true")
    expect(ann.locator("[aria-invalid]")).to_have_count(1)
    expect(amount).to_have_accessible_description(re.compile(r"Available 1,184\.31 EUR"))
    for label, text in (("From", "ann"), ("To", "bob"), ("Amount", "5000")):
        expect(ann.get_by_label(label, exact=True)).to_have_value(text)
    expect(ann.get_by_label("Description")).to_have_value("Books")
    expect(ann.locator("[name=idempotency_key]")).not_to_have_value(key)
    shown(ann, "refused")
    ann.get_by_role("alert").get_by_role("link").click()
    expect(amount).to_be_focused()
    amount.fill("20")
    post(ann).click()
    says(ann, "Transfer posted: 20.00 EUR")


def test_accepted_and_pending_is_followed_or_looked_for(ann, shown, scripts):
    later(ann).click()
    says(ann, "Accepted. It will be done soon")
    expect(ann.locator(".done")).to_have_count(0)
    expect(ann.locator(".chip")).to_have_text("pending")
    says(ann, "is shown here as soon" if scripts else "Reload this page to see")
    shown(ann, "pending")
    assert posted("bob") == 5_025
    work()
    if not scripts:
        ann.reload()
    expect(ann.get_by_role("link", name="See the transfer")).to_be_visible()
    expect(ann.locator(".chip")).to_have_text("succeeded")
    assert posted("bob") == 5_025 + 1_000


@pytest.mark.parametrize("about", [BROWSERS["with JavaScript, 360 dark"]], ids=["JavaScript"])
def test_where_nothing_can_be_followed_it_says_to_reload(ann):
    ann.route("**/api/v1/requests/stream", lambda route: route.fulfill(status=503))
    later(ann).click()
    says(ann, "Accepted. It will be done soon")
    ann.wait_for_load_state("networkidle")
    says(ann, "Reload this page to see")
    work()
    ann.reload()
    expect(ann.get_by_role("link", name="See the transfer")).to_be_visible()


def test_failed_says_whose_fault_it_is_and_the_form_may_be_sent_again(ann, mend, shown):
    post(ann).click()
    expect(ann.get_by_role("heading", name="Something failed")).to_be_visible()
    expect(ann.get_by_text("Reload this page to send a form again")).to_be_visible()
    shown(ann, "failed")
    assert posted("bob") == 5_025
    mend()
    ann.reload()
    says(ann, "Transfer posted: 10.00 EUR from ann to bob.")
    assert posted("bob") == 5_025 + 1_000


def test_failed_later_is_told_on_its_page_and_may_be_asked_for_again(
    ann, mend, shown, scripts, monkeypatch
):
    monkeypatch.setattr(endings, "FIRST_PAUSE", 0)
    later(ann).click()
    expect(ann.locator(".chip")).to_have_text("pending")
    for _ in range(endings.ATTEMPTS):
        work()
    if not scripts:
        ann.reload()
    expect(ann.locator(".chip")).to_have_text("failed")
    expect(ann.get_by_text("It is our fault and has been noted").last).to_be_visible()
    expect(ann.get_by_text("the disk is broken")).to_have_count(0)
    shown(ann, "failed-later")
    mend()
    ann.get_by_role("link", name="Ask again").click()
    ann.get_by_role("button", name="Send it again").click()
    says(ann, "It was asked for again, and done.")
    assert posted("bob") == 5_025 + 1_000


def test_a_view_that_is_behind_says_as_of_which_event(ann, served, shown):
    follow()
    told = latest_position()
    for name in FOLLOWERS:
        call_command("projections", "pause", name, reason="The disk is nearly full")
    post(ann).click()
    says(ann, "Transfer posted: 10.00 EUR from ann to bob.")
    follow()
    behind = {
        "/": f"As of position {told}: what happened since is yet to be told.",
        "/activity": f"As of position {told}: what happened since is yet to be told.",
        "/accounts/ann": f"as of position {told}: what was posted since is yet to be counted.",
    }
    for path, sentence in behind.items():
        ann.goto(served.url + path)
        expect(ann.get_by_text(sentence)).to_be_visible()
        shown(ann, f"behind{path.replace('/', '-')}")
    expect(ann.locator(".balance dd").first).to_have_text("1,174.31 EUR")
    for name in FOLLOWERS:
        call_command("projections", "resume", name, reason="There is room")
    follow()
    for path in behind:
        ann.goto(served.url + path)
        expect(ann.get_by_text("since is yet to be")).to_have_count(0)
