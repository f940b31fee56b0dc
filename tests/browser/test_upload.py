"""A file is uploaded in a real browser: looked at, sent, followed, and mended."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import is_good, log_in, with_password
from tests.examples.asking import rich
from tests.examples.pages import posted
from tests.examples.people import ANN, BOB, SAM
from tests.examples.queueing import work
from tests.examples.uploading import FILE, GOOD, HEADER

pytestmark = pytest.mark.django_db(transaction=True)

WORD = "a-word-without-any-place-to-break-it-" * 4
WIDE = f"{WORD},2026-01-05,ann,bob,{'9' * 30}.00,EUR,{WORD}\n"


@pytest.fixture
def start(served, opened):
    """Sam, logged in, on the page to upload a file."""
    with_password(SAM)
    rich("ann", 1_000, owner=ANN)
    rich("bob", 0, owner=BOB)

    def go(**about):
        page = opened(**about)
        log_in(page, f"{served.url}/", "sam")
        page.get_by_role("link", name="Upload a file").click()
        return page

    return go


def choose(page, content: str, name: str = "march.csv") -> None:
    file = {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    page.get_by_label("File", exact=True).set_input_files(file)


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_it_is_looked_at_sent_and_what_was_refused_comes_back(start, scripts):
    page = start(java_script_enabled=scripts)
    choose(page, FILE)
    page.get_by_role("button", name="Look at it").click()
    assert page.get_by_role("status").inner_text().count("would be") == 2
    assert posted("bob") == 0
    page.get_by_role("button", name="Do it now").dblclick()
    page.wait_for_url("**/requests/*-*")
    assert page.get_by_role("status").inner_text() == "The file was sent: 1 done, 1 refused."
    assert page.get_by_label("1 of 2 done, 1 refused.").get_attribute("value") == "1"
    assert posted("bob") == 250
    page.get_by_role("link", name="Only what was refused").click()
    expect(page.locator(".rows tbody tr")).to_have_count(1)
    with page.expect_download() as loading:
        page.get_by_role("link", name="Download the refused rows").click()
    assert loading.value.suggested_filename == "march.refused.csv"


def test_what_is_done_later_is_followed_on_its_page(start):
    page = start()
    choose(page, FILE)
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("button", name="Do it later").click()
    assert page.get_by_label("0 of 2 done.").get_attribute("value") == "0"
    page.get_by_text("What comes of it is shown here").wait_for()
    work()
    page.get_by_label("1 of 2 done, 1 refused.").wait_for()


def test_the_keyboard_is_enough(start):
    page = start()
    choose(page, HEADER + GOOD)
    page.get_by_label("File", exact=True).focus()
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Look at it"
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Do it now").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/requests/*-*")
    assert posted("bob") == 250


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1100, "light")])
def test_each_of_its_pages_fits_its_screen_and_axe_finds_nothing(start, width, scheme):
    page = start(viewport={"width": width, "height": 760}, color_scheme=scheme)
    is_good(page, f"upload-{width}-{scheme}")
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("alert").wait_for()
    is_good(page, f"upload-nothing-{width}-{scheme}")
    choose(page, FILE + WIDE)
    page.get_by_role("button", name="Look at it").click()
    is_good(page, f"upload-looked-at-{width}-{scheme}")
    page.get_by_role("button", name="Do it later").click()
    is_good(page, f"upload-waits-{width}-{scheme}")
    work()
    page.locator("[data-waits]").wait_for(state="detached")
    is_good(page, f"upload-done-{width}-{scheme}")
