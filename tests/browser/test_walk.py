"""The walk of who is new here: log in, open an account, transfer, mistake, statement, print."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import log_in, picture, with_password
from tests.examples.asking import ask
from tests.examples.ledger import open_account
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_a_new_user_opens_an_account_transfers_errs_and_prints_the_statement(
    opened, served, scripts
):
    with_password(SAM)
    ask(open_account("outside:bank", overdraft_limit=None))
    page = opened(java_script_enabled=scripts)
    log_in(page, served.url, "sam")
    page.get_by_role("link", name="Open account").first.click()
    _open(page, code="customers:alan", name="Alan’s wallet")
    assert page.get_by_role("status").inner_text() == "Account opened: Alan’s wallet."
    page.get_by_text("Nothing has been posted to this account yet.").wait_for()

    page.get_by_role("navigation", name="Main").get_by_role("link", name="New transfer").click()
    _transfer(page, "outside:bank", "customers:alan", "12.50", "Top-up")
    assert page.get_by_role("status").inner_text() == (
        "Transfer posted: 12.50 EUR from outside:bank to customers:alan."
    )
    page.get_by_role("link", name="customers:alan").click()
    page.get_by_role("link", name="New transfer").last.click()
    assert page.get_by_label("From", exact=True).input_value() == "customers:alan"

    _transfer(page, "customers:alan", "outside:bank", "20", "Too much")
    assert "Available 12.50 EUR" in page.get_by_role("alert").locator("..").inner_text()
    assert page.get_by_label("Amount").input_value() == "20"
    expect(page.get_by_role("alert")).to_be_focused()
    picture(page, f"mistake-{'with' if scripts else 'without'}")
    page.get_by_label("Amount").fill("2.25")
    page.get_by_role("button", name="Check").click()
    page.get_by_text("After this: 10.25 EUR available on customers:alan.").wait_for()
    page.locator("p.actions").get_by_role("button", name="Post transfer").click()
    page.get_by_role("status").wait_for()

    page.get_by_role("link", name="customers:alan").click()
    expect(page.locator("tr.entry")).to_have_count(2)
    lines = [re.split(r"\s*\t\s*", row.inner_text()) for row in page.locator("tr.entry").all()]
    assert [line[1] for line in lines] == ["Too much", "Top-up"]
    assert [line[-1] for line in lines] == ["10.25", "12.50"]
    _print(page)
    page.get_by_role("link", name="Requests").click()
    expect(page.locator(".chip")).to_have_text(["succeeded", "refused", *["succeeded"] * 3])


def _print(page) -> None:
    """What is printed is the statement and nothing that leads elsewhere."""
    page.get_by_role("link", name="To print").click()
    page.get_by_role("heading", name="Statement").wait_for()
    page.emulate_media(media="print")
    picture(page, "paper")
    assert [row.inner_text().split()[-1] for row in page.locator("tr.edge").all()] == [
        "0.00", "10.25",
    ]  # fmt: skip
    expect(page.get_by_role("link", name="Alan’s wallet")).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Alan’s wallet").click()


def _open(page, *, code: str, name: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Code").fill(code)
    page.get_by_label("Currency").fill("EUR")
    page.get_by_role("button", name="Open account").click()


def _transfer(page, source: str, target: str, amount: str, description: str) -> None:
    page.get_by_label("From", exact=True).fill(source)
    page.get_by_label("To", exact=True).fill(target)
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("Description").fill(description)
    page.get_by_label("Description").press("Enter")
