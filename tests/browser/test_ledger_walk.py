"""The walk of staff: set aside, capture a part, release the rest; reverse; freeze; close."""

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from tests.browser.conftest import log_in, with_password
from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.ledger import open_account, pay
from tests.examples.people import ANN, SAM

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"]),
]


@pytest.fixture
def staff(served, opened, scripts):
    """Sam, who may all, on the page of an account with 100.00 EUR."""
    with_password(SAM)
    user(SAM).groups.add(*Group.objects.filter(name__in=["force", "close"]))
    rich("ann", 10_000, owner=ANN)
    ask(open_account("shop:sales"))
    page = opened(java_script_enabled=scripts)
    log_in(page, f"{served.url}/accounts/ann", "sam")
    return page


def said(page) -> str:
    """What the page says of what was done."""
    return page.get_by_role("status").inner_text()


def press(page, name: str) -> None:
    page.locator("p.actions").get_by_role("button", name=name, exact=True).click()


def shows(page, *figures: str) -> None:
    """These are the first figures of the card."""
    for number, figure in enumerate(figures):
        expect(page.locator(".balance dd").nth(number)).to_have_text(figure)


def test_a_part_of_a_hold_is_captured_and_the_rest_released(staff):
    page = staff
    page.get_by_role("link", name="Place hold").click()
    page.get_by_label("Amount", exact=True).fill("40")
    page.get_by_label("It expires").select_option("After a day")
    page.get_by_label("Payee optional").fill("shop:sales")
    page.get_by_label("Reference").fill("order-17")
    press(page, "Place hold")
    assert said(page) == "On hold: 40.00 EUR."
    hold = page.url
    page.get_by_role("link", name="Capture").click()
    assert page.get_by_label("Amount", exact=True).input_value() == "40.00"
    page.get_by_label("Amount", exact=True).fill("25.50")
    page.get_by_label("This is the last capture").uncheck()
    press(page, "Capture")
    assert said(page) == "Captured: 25.50 EUR to shop:sales. 14.50 EUR is on hold still."
    page.get_by_role("link", name="Release").click()
    page.get_by_label("Reason").fill("One was not in stock")
    press(page, "Release")
    assert said(page) == "Hold released: what was left of it is available again."
    assert page.url == hold
    shows(page, "0.00 EUR", "40.00 EUR", "25.50 EUR")
    page.get_by_role("link", name="ann", exact=True).click()
    shows(page, "74.50 EUR", "74.50 EUR", "0.00 EUR")


def test_a_transfer_is_reversed_once(staff, served):
    page = staff
    paid = ask(pay("ann", "shop:sales", 1_000)).body["transfer"]["id"]
    page.goto(f"{served.url}/transfers/{paid}")
    page.get_by_role("link", name="Reverse").click()
    page.get_by_label("Reason").fill("Posted twice")
    press(page, "Check")
    page.get_by_text("After this: 0.00 EUR available on shop:sales.").wait_for()
    press(page, "Reverse")
    assert said(page) == "Transfer reversed. This is the transfer that undoes it."
    page.get_by_role("link", name=paid).click()
    assert page.locator(".chip").inner_text() == "reversed"
    expect(page.get_by_role("link", name="Reverse", exact=True)).to_have_count(0)


def test_an_account_is_frozen_and_a_month_is_closed(staff):
    page = staff
    page.get_by_role("link", name="Freeze").click()
    page.get_by_label("What is refused").select_option("Debits: nothing goes out")
    page.get_by_label("Reason").fill("The card was lost")
    press(page, "Freeze")
    assert said(page) == "Frozen: debits are refused now."
    assert page.locator("h1 .chip").inner_text() == "frozen: debits"
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Books").click()
    page.get_by_role("link", name="Close the books").click()
    page.get_by_label("Close through").fill("2026-01-31")
    page.get_by_label("Reason").fill("January is reconciled")
    press(page, "Close through this day")
    assert said(page) == "The books are closed through 2026-01-31 now."
    cells = page.locator("tbody tr").first.locator("th, td").all_inner_texts()
    assert cells[1:] == ["Closed through 2026-01-31", "January is reconciled", "sam"]
