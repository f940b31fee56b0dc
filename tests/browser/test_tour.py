"""The tour of the demo ledger by keyboard alone, and the first page as the Tab key goes over it."""

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from tests.browser.conftest import is_good, log_in, with_password
from tests.browser.test_outcomes import BROWSERS
from tests.browser.test_pages import NARROW
from tests.examples.following import follow
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 150
"""No page has so many places for the Tab key."""
FOCUSED = """() => {
    const places = [...document.querySelectorAll(
        "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
    const all = places.filter(each => each.tabIndex >= 0 && each.checkVisibility())
    const now = document.activeElement, seen = getComputedStyle(now)
    const box = now.getBoundingClientRect()
    return {
        place: all.indexOf(now), of: all.length, name: now.textContent.trim(),
        outlined: seen.outlineStyle !== "none" && parseFloat(seen.outlineWidth) >= 2,
        inside: box.top > -1 && box.left > -1 && box.bottom < innerHeight + 1
            && box.right < innerWidth + 1,
    }
}"""


@pytest.fixture
def sam(served, opened, about):
    """Sam, on the first page of the demo ledger, where some accounts are his."""
    with_password(SAM)
    call_command("demo", owner="sam")
    follow()
    page = opened(**about)
    log_in(page, served.url, "sam")
    return page


def go_to(page, target) -> None:
    """Move the focus there by the Tab key."""
    expect(target).to_be_visible()
    for _ in range(MANY):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"the Tab key does not come to {target}")


def press(page, target) -> None:
    go_to(page, target)
    page.keyboard.press("Enter")


def tour(page):
    return page.get_by_role("region", name="A short tour of the demo ledger")


def take(page, stop: str):
    """Follow the tour to a stop from the first page."""
    press(page, tour(page).get_by_role("link", name=stop, exact=True))
    expect(tour(page)).to_have_count(0)
    return page


def come_back(page) -> None:
    if page.url.endswith("/statement"):  # It has no bar: it is for paper.
        press(page, page.get_by_role("link", name="Ada's wallet"))
    press(page, page.get_by_role("link", name="Daybook", exact=True))
    expect(tour(page)).to_be_visible()


def button(page, name: str):
    return page.locator("p.actions").get_by_role("button", name=name, exact=True)


def heading(page, name: str):
    return expect(page.get_by_role("heading", level=1, name=re.compile(name))).to_be_visible()


# --- its stops, in their order ------------------------------------------------------------------


@pytest.mark.parametrize("about", BROWSERS.values(), ids=BROWSERS.keys())
def test_the_keyboard_walks_the_tour_ends_it_and_begins_it_again(sam, served, about):
    stops = tour(sam).get_by_role("link")
    expect(stops).to_have_text([name for name, _ in STOPS])
    for number, (name, look) in enumerate(STOPS):
        look(take(sam, name))
        if about.get("java_script_enabled", True):
            is_good(sam, f"tour-{number + 1}-360-dark")
        come_back(sam)
    if about.get("java_script_enabled", True):
        is_good(sam, "tour-360-dark")
    press(sam, tour(sam).get_by_role("button", name="I know my way"))
    expect(tour(sam)).to_have_count(0)
    heading(sam, "My accounts")
    sam.reload()
    expect(tour(sam)).to_have_count(0)
    sam.goto(f"{served.url}/tour")
    expect(tour(sam)).to_be_visible()
    expect(stops).to_have_text([name for name, _ in STOPS])


def sees_a_wallet(page) -> None:
    heading(page, "Ada's wallet")
    expect(page.locator(".balance dt").first).to_have_text("Available")
    expect(page.get_by_label(re.compile("As it stood after event"))).to_be_visible()


def sees_why(page) -> None:
    heading(page, "Why")
    expect(page.locator("tbody a[href*='/transfers/']").first).to_be_visible()


def pays(page) -> None:
    heading(page, "New transfer")
    press(page, button(page, "Check"))
    expect(page.get_by_text("available on customers:ada.")).to_be_visible()
    press(page, button(page, "Post transfer"))
    expect(page.get_by_role("status")).to_contain_text("Transfer posted: 4.50 EUR")


def is_refused(page) -> None:
    heading(page, "New transfer")
    press(page, button(page, "Post transfer"))
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("frozen")
    expect(alert).to_contain_text("Nothing was changed.")
    expect(page.get_by_label("From", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[aria-invalid]")).to_have_count(1)
    expect(page.get_by_label("Amount")).to_have_value("1.00")


def finds_both(page) -> None:
    heading(page, "My requests")
    expect(page.locator(".chip")).to_have_text(["refused", "succeeded"])


def sees_a_statement(page) -> None:
    heading(page, "Statement")
    expect(page.locator("tr.edge")).to_have_count(2)


STOPS = [
    ("A wallet", sees_a_wallet),
    ("Why this balance?", sees_why),
    ("A transfer", pays),
    ("A no", is_refused),
    ("What you asked", finds_both),
    ("A statement", sees_a_statement),
]


# --- the Tab key ------------------------------------------------------------------------------


@pytest.mark.parametrize("about", [{"viewport": NARROW}, BROWSERS["without"]], ids=["360", "1100"])
def test_the_tab_key_goes_over_the_first_page_in_its_order_and_is_seen(sam):
    seen = []
    while not seen or seen[-1]["place"] < seen[-1]["of"] - 1:
        sam.keyboard.press("Tab")
        seen.append(sam.evaluate(FOCUSED))
        assert len(seen) < MANY
    assert [each["place"] for each in seen] == list(range(seen[0]["of"]))
    assert (seen[0]["name"], len(seen) > 20) == ("Skip to content", True)
    assert [each["name"] for each in seen if not each["outlined"]] == []
    assert [each for each in seen if not each["inside"]] == []


def test_who_skips_to_the_content_is_past_the_bar(served, page):
    with_password(SAM)
    call_command("demo")
    log_in(page, served.url, "sam")
    press(page, page.get_by_role("link", name="Skip to content"))
    page.keyboard.press("Tab")
    expect(tour(page).get_by_role("link").first).to_be_focused()
