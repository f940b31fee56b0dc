"""A real browser against the real server."""

import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings

from tests.examples.factories import user

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "correct horse battery"


@pytest.fixture(scope="package")
def chromium():
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is missing (Debian: apt install chromium)")
    # Playwright runs an event loop in this thread; Django would refuse the ORM beside it.
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium):
    """Open pages of browsers of their own; none may break the policy or have an error."""
    contexts, errors = [], []

    def open_page(**about):
        about.setdefault("viewport", {"width": 1100, "height": 800})
        context = chromium.new_context(**about)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if _violates(said.text) else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors


def _violates(text: str) -> bool:
    return "Content Security Policy" in text


@pytest.fixture
def page(opened):
    return opened()


def log_in(page, url: str, name: str) -> None:
    """From wherever somebody who is not logged in is sent."""
    page.goto(url)
    log_in_there(page, name)


def log_in_there(page, name: str) -> None:
    """On the page that asks for it."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda now: "/login" not in now)


def with_password(person) -> None:
    """The person's user, able to log in."""
    somebody = user(person)
    somebody.set_password(PASSWORD)
    somebody.save()


def picture(page, name: str, *, full_page: bool = True) -> None:
    """For people to look at, once it is all there."""
    page.wait_for_load_state()
    file = Path(settings.HOME) / "screenshots" / f"{name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file, full_page=full_page)


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def is_good(page, name: str, *, part: str = "html") -> None:
    """Nothing stands out of the screen, and nobody is kept from reading this part of the page."""
    picture(page, name)
    assert fits(page), name
    found = Axe().run(page, context=part)
    assert found.response["passes"], f"{name}: nothing was looked at"
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
