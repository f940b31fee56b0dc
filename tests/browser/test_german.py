"""In a browser that speaks German, Daybook does; another language is chosen below any page."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, is_good
from tests.browser.test_pages import filled

pytestmark = pytest.mark.django_db(transaction=True)

NARROW = {"width": 360, "height": 740}


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_a_transfer_is_written_checked_refused_and_posted(served, opened, scripts):
    filled()
    page = opened(locale="de-DE", java_script_enabled=scripts)
    page.goto(f"{served.url}/transfers/new")
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    page.get_by_label("Von", exact=True).fill("ann")
    page.get_by_label("An", exact=True).fill("bob")
    page.get_by_label("Betrag").fill("1.234")
    send = page.locator("p.actions").get_by_role("button", name="Überweisung buchen")
    send.click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("Betrag").fill("12,50")
    send.click()
    expect(page.get_by_role("status")).to_contain_text("12,50 EUR von ann an bob")
    page.get_by_role("button", name="English").click()
    page.get_by_role("link", name="Accounts").first.wait_for()
    page.get_by_role("button", name="Deutsch").click()
    page.get_by_role("link", name="Konten").first.wait_for()


def test_its_longer_words_fit_a_narrow_screen(served, opened):
    filled()
    page = opened(locale="de-DE", viewport=NARROW, color_scheme="dark")
    page.goto(f"{served.url}/login")
    is_good(page, "german-login")
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    page.get_by_role("link", name="Konten").first.wait_for()
    for path in ("", "accounts/ann", "accounts/ann/why", "transfers/new", "bulk/new", "requests/",
                 "standing-orders/new", "accounts/ann/reconcile", "me/"):  # fmt: skip
        page.goto(f"{served.url}/{path}")
        is_good(page, f"german-{path.strip('/').replace('/', '-') or 'home'}")
