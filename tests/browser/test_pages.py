"""The pages as somebody with a browser meets them."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.ledger import pay
from tests.examples.people import ANN, BOB

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"
NARROW = {"width": 360, "height": 740}


@pytest.fixture
def ann(live_server, page):
    """Ann, logged in, with an account that has seen some movement."""
    somebody = user(ANN)
    somebody.set_password(PASSWORD)
    somebody.save()
    rich("ann", 123_456, owner=ANN)
    rich("bob", 0, owner=BOB)
    ask(pay("ann", "bob", 5_025, description="Rent for November", reference="r-11"))
    page.goto(live_server.url)
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    return page


def picture(page, name: str) -> None:
    folder = Path(settings.HOME) / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True)


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_she_sees_her_accounts_and_no_others(ann):
    rows = ann.get_by_role("row")
    assert rows.count() == 2
    assert re.split(r"\s+", rows.nth(1).inner_text()) == [
        "ann", "Ann", "1,184.31", "0.00", "1,184.31", "EUR",
    ]  # fmt: skip
    picture(ann, "accounts")


def test_she_sees_the_entries_of_an_account_newest_first(ann):
    ann.get_by_role("link", name="ann", exact=True).click()
    first, second = ann.locator("tbody tr").all()
    assert "Rent for November" in first.inner_text()
    assert first.locator("td.figure").all_inner_texts() == ["50.25", "", "1,184.31"]
    assert second.locator("td.figure").all_inner_texts() == ["", "1,234.56", "1,234.56"]
    picture(ann, "account")


def test_anothers_account_is_not_found(ann, live_server):
    answer = ann.goto(f"{live_server.url}/accounts/bob")
    assert answer.status == 404
    assert ann.get_by_role("heading", name="Not found").is_visible()


def test_nobody_is_sent_to_the_login(page, live_server):
    page.goto(f"{live_server.url}/accounts/")
    assert "/login" in page.url
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    assert page.get_by_role("alert").is_visible()
    picture(page, "login")


def test_she_can_log_out(ann):
    ann.get_by_role("button", name="Log out").click()
    assert "/login" in ann.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_narrow_screen_in_light_and_dark(ann, scheme):
    ann.set_viewport_size(NARROW)
    ann.emulate_media(color_scheme=scheme)
    for number, name in enumerate(("accounts", "account")):
        if number:
            ann.get_by_role("link", name="ann", exact=True).click()
        assert fits(ann)
        picture(ann, f"{name}-360-{scheme}")
