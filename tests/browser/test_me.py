"""A person's own pages as they meet them: found, understood and used on any screen."""

import re

import pytest
from playwright.sync_api import expect

from commands.access.models import Token
from commands.access.recognition import find
from tests.browser.conftest import PASSWORD, is_good, log_in, with_password
from tests.browser.test_pages import NARROW
from tests.examples.factories import user
from tests.examples.people import ANN, SAM

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "a-name-without-any-place-to-break-it-" * 2


def write_token(page, served, name: str = "Nightly export"):
    """From the home page to a form that is filled in: three clicks."""
    page.goto(served.url)
    page.get_by_role("link", name="ann", exact=True).click()
    page.get_by_role("link", name="API tokens", exact=True).click()
    page.get_by_role("link", name="New token").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Read all that you may see").check()
    return page.get_by_role("button", name="Make the token")


@pytest.fixture
def ann(served, opened):
    """Ann, logged in, in a browser without scripts."""
    with_password(ANN)
    page = opened(java_script_enabled=False)
    log_in(page, served.url, "ann")
    return page


def test_without_scripts_a_token_is_made_copied_and_revoked(ann, served):
    write_token(ann, served).click()
    token = ann.get_by_label("Your new token").input_value()
    assert find(token).principal.scopes == {"read"}
    ann.reload()
    assert ann.get_by_label("Your new token").count() == 0
    ann.get_by_role("link", name="Revoke Nightly export").click()
    ann.get_by_role("button", name="Revoke it").click()
    assert "Nightly export is revoked" in ann.get_by_role("status").inner_text()
    assert re.search(r"revoked\s+\d{4}", ann.locator("tbody td").last.inner_text())
    assert find(token) is None


def test_what_one_may_do_stands_below_each_other(served, opened):
    with_password(SAM)
    page = opened()
    log_in(page, served.url, "sam")
    page.goto(f"{served.url}/me/")
    places = page.eval_on_selector_all("dl dd", "all => all.map(it => Math.round(it.offsetLeft))")
    assert len(places) > 3
    assert len(set(places)) == 1


def test_a_double_click_makes_one_token_and_shows_it(ann, served):
    write_token(ann, served).dblclick()
    ann.get_by_label("Your new token").wait_for()
    assert find(ann.get_by_label("Your new token").input_value())
    assert Token.objects.count() == 1


def test_going_back_and_sending_the_form_again_makes_no_second_token(ann, served):
    write_token(ann, served).click()
    ann.wait_for_url("**/me/tokens")
    ann.go_back()
    ann.get_by_label("Name").fill("Nightly export")
    ann.get_by_role("button", name="Make the token").click()
    ann.wait_for_url("**/me/tokens")
    assert Token.objects.count() == 1
    assert "has made one token" in ann.get_by_role("status").inner_text()


def test_by_keyboard_alone_a_password_is_changed(page, served):
    with_password(ANN)
    log_in(page, f"{served.url}/me/", "ann")
    page.get_by_role("link", name="Change password").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/me/password")
    expect(page.get_by_label("Old password")).to_be_focused()
    for text in (PASSWORD, "staple of a horse", "staple of a horse"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Your password is changed.").wait_for()
    assert user(ANN).check_password("staple of a horse")


def everywhere(page, served):
    """Every page of one's own, with a name."""
    for name, path in (("me", "/me/"), ("password", "/me/password"), ("tokens", "/me/tokens")):
        page.goto(served.url + path)
        yield name
    page.goto(f"{served.url}/me/password")
    page.get_by_role("button", name="Change password").click()
    page.get_by_role("alert").wait_for()
    yield "password-wrong"
    page.goto(f"{served.url}/me/tokens/new")
    yield "token-new"
    page.get_by_role("button", name="Make the token").click()
    page.get_by_role("alert").wait_for()
    yield "token-wrong"
    write_token(page, served).click()
    page.get_by_label("Your new token").wait_for()
    yield "token-made"
    page.get_by_role("link", name="Revoke Nightly export").click()
    yield "token-revoke"


@pytest.mark.parametrize(
    ("scheme", "viewport"), [("dark", NARROW), ("light", {"width": 1100, "height": 800})]
)
def test_every_page_fits_its_screen_and_axe_finds_nothing(served, opened, scheme, viewport):
    with_password(ANN)
    for name in ("Backup", LONG):
        Token.issue(user(ANN), name=name, prefix="a:" * 100, scopes=["read", "write"])
    Token.objects.get(name="Backup").revoke()
    page = opened(viewport=viewport, color_scheme=scheme)
    log_in(page, served.url, "ann")
    for name in everywhere(page, served):
        is_good(page, f"{name}-{viewport['width']}-{scheme}")
