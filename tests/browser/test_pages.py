"""The pages as somebody with a browser meets them."""

from datetime import date
from uuid import UUID

import pytest
from django.contrib.auth.models import Group

from commands.ledger.messages import (
    CaptureHold,
    CloseAccount,
    CloseBooks,
    FreezeAccount,
    PlaceHold,
)
from tests.browser.conftest import is_good, log_in, picture, with_password
from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.following import follow
from tests.examples.ledger import credit, debit, open_account, pay, transfer
from tests.examples.people import ANN, BOB, CLEO, SAM

pytestmark = pytest.mark.django_db(transaction=True)

NARROW = {"width": 360, "height": 740}
WIDE = 10**38 - 1
LONG = "a-name-without-any-place-to-break-it-" * 4
MOST = 60_000
"""Bytes that the first load of any page may weigh."""


@pytest.fixture
def ann(served, page):
    """Ann, logged in, with an account that has seen some movement."""
    filled()
    log_in(page, served.url, "ann")
    return page


def filled() -> None:
    for person in (ANN, SAM):
        with_password(person)
    rich("ann", 123_456, owner=ANN)
    rich("bob", 0, owner=BOB)
    ask(pay("ann", "bob", 5_025, description="Rent for November", reference="r-11"))


# --- forms -----------------------------------------------------------------------------------


def write_transfer(page, amount: str = "10") -> None:
    page.get_by_role("link", name="New transfer").first.click()
    page.wait_for_url("**/transfers/new*")  # Its scripts are there, too.
    page.get_by_label("From", exact=True).fill("ann")
    page.get_by_label("To", exact=True).fill("bob")
    page.get_by_label("Amount").fill(amount)


def post(page):
    return page.locator("p.actions").get_by_role("button", name="Post transfer")


def balance(page, served) -> str:
    page.goto(f"{served.url}/accounts/ann")
    return page.locator(".balance dd").first.inner_text()


def test_a_double_click_makes_one_transfer(ann, served):
    write_transfer(ann)
    post(ann).dblclick()
    ann.wait_for_url("**/transfers/*-*")
    ann.get_by_role("status").wait_for()
    assert balance(ann, served) == "1,174.31 EUR"


def test_reloading_what_a_success_shows_makes_no_second_transfer(ann, served):
    write_transfer(ann)
    post(ann).click()
    ann.wait_for_url("**/transfers/*-*")
    ann.reload()
    assert balance(ann, served) == "1,174.31 EUR"


def test_going_back_and_sending_the_form_again_makes_no_second_transfer(ann, served):
    write_transfer(ann)
    post(ann).click()
    ann.wait_for_url("**/transfers/*-*")
    first = ann.url
    ann.go_back()
    for name, text in (("From", "ann"), ("To", "bob"), ("Amount", "10")):
        ann.get_by_label(name, exact=True).fill(text)
    post(ann).click()
    ann.wait_for_url("**/transfers/*-*")
    assert ann.url == first
    assert balance(ann, served) == "1,174.31 EUR"


def test_what_will_be_left_is_shown_as_the_form_is_filled_in(ann):
    write_transfer(ann, "9.31")
    ann.get_by_label("Amount").press("Tab")
    ann.get_by_text("After this: 1,175.00 EUR available on ann.").wait_for()
    ann.get_by_label("Amount").fill("5000")
    ann.get_by_label("Amount").press("Tab")
    ann.get_by_text("The account does not have this much available.").wait_for()
    ann.get_by_label("Amount").fill("1184.31")
    ann.get_by_label("Amount").press("Tab")
    ann.get_by_text("After this: 0.00 EUR available on ann.").wait_for()
    assert ann.url.endswith("/transfers/new")


def test_accounts_are_offered_as_one_types(ann, served, opened):
    page = opened()
    for number in range(60):
        ask(open_account(f"a{number:02}"))
    log_in(page, f"{served.url}/transfers/new", "sam")
    assert page.locator("#accounts option[value=world]").count() == 0
    page.get_by_label("From", exact=True).press_sequentially("wor")
    page.locator("#accounts option[value=world]").wait_for(state="attached")
    assert page.locator("#accounts option").count() == 1


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_several_legs_are_written_row_by_row(served, opened, scripts):
    filled()
    page = opened(java_script_enabled=scripts)
    log_in(page, f"{served.url}/transfers/new?legs=2", "sam")
    rows = [("ann", "debit", "3"), ("bob", "credit", "2"), ("world", "credit", "1")]
    for number, (account, direction, amount) in enumerate(rows):
        if number == 2:
            page.get_by_role("button", name="Add a leg").click()
            page.get_by_role("group", name="Leg 3").wait_for()
        leg = page.get_by_role("group", name=f"Leg {number + 1}")
        leg.get_by_label("Account", exact=True).fill(account)
        leg.get_by_label("Direction").select_option(direction)
        leg.get_by_label("Amount").fill(amount)
    picture(page, "legs")
    post(page).click()
    page.wait_for_url("**/transfers/*-*")
    cells = [row.locator("td.figure").all_inner_texts() for row in page.locator("tbody tr").all()]
    assert cells == [["3.00", ""], ["", "2.00"], ["", "1.00"]]


def test_without_scripts_accounts_are_searched_and_picked(served, opened):
    filled()
    page = opened(java_script_enabled=False)
    log_in(page, f"{served.url}/transfers/new", "sam")
    page.get_by_label("From", exact=True).fill("wo")
    page.get_by_role("button", name="Search From").click()
    page.get_by_role("group", name="Accounts found").get_by_role("button").click()
    assert page.get_by_label("From", exact=True).input_value() == "world"


# --- who ------------------------------------------------------------------------------------


def test_anothers_account_is_not_found(ann, served):
    answer = ann.goto(f"{served.url}/accounts/bob")
    assert answer.status == 404
    assert ann.get_by_role("heading", name="Not found").is_visible()
    picture(ann, "not-found")


def test_a_wrong_password_is_said_so(page, served):
    filled()
    page.goto(f"{served.url}/accounts/")
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("alert").wait_for()


def test_she_can_log_out(ann):
    ann.get_by_role("button", name="Log out").click()
    ann.wait_for_url("**/login*")


# --- how it looks ---------------------------------------------------------------------------


PATHS = {"home": "/", "accounts": "/accounts/", "empty": "/accounts/?prefix=zz",
         "account": "/accounts/sam", "other": "/accounts/ann", "edit": "/accounts/sam/edit",
         "open": "/accounts/new", "transfer-new": "/transfers/new?from=sam&to=ann&amount=x",
         "legs-new": "/transfers/new?legs=3", "requests": "/requests/",
         "missing": "/nowhere", "why": "/accounts/ann/why",
         "then": "/accounts/ann?event=2", "period": "/accounts/ann?since=x&until=2020-01-01",
         "limit": "/accounts/sam/overdraft-limit", "freeze": "/accounts/sam/freeze",
         "frozen": "/accounts/bob", "closed": "/accounts/gone",
         "reopen": "/accounts/gone/reopen", "holds": "/accounts/ann/holds",
         "holds-none": "/accounts/bob/holds",
         "hold-new": "/accounts/ann/holds/new", "books": "/books/",
         "books-close": "/books/close", "activity": "/activity"}  # fmt: skip


def everywhere(page, url: str):
    """Every page, with a name, as staff who have something of everything."""
    page.goto(f"{url}/login")
    yield "login"
    log_in(page, f"{url}/login", "sam")
    for name, path in PATHS.items():
        page.goto(url + path)
        yield name
        yield from beyond(page, name)


def beyond(page, name: str):
    """The pages that a page leads to by what is pressed on it."""
    if name == "transfer-new":
        page.get_by_role("button", name="Check").click()
        yield "checked"
        page.get_by_role("button", name="Search From").click()
        yield "searched"
        post(page).click()
        page.get_by_role("alert").wait_for()
        yield "malformed"
        page.get_by_label("Amount").fill("1")
        post(page).click()
        page.wait_for_url("**/transfers/*-*")
        yield "transfer"
        page.get_by_role("link", name="Reverse").click()
        page.get_by_role("button", name="Check").click()
        yield "reverse"
    if name == "requests":
        page.locator("tbody a").first.click()
        yield "request"
    if name == "holds":
        page.locator("tbody th a").last.click()
        yield "hold"
        page.get_by_role("link", name="Capture").click()
        yield "capture"
        page.go_back()
        page.get_by_role("link", name="Release").click()
        yield "release"
    if name == "hold-new":
        page.get_by_role("button", name="Place hold").last.click()
        page.get_by_role("alert").wait_for()
        yield "hold-malformed"


@pytest.fixture
def wide():
    """Names and numbers as long as they get."""
    filled()
    ask(open_account("sam", owner=SAM.id, metadata={"k": "v" * 200}))
    ask(transfer(debit("world", WIDE), credit("sam", WIDE), description=LONG, reference=LONG))
    ask(open_account(":".join(["part-of-a-code"] * 13), owner=SAM.id))
    user(SAM).groups.add(*Group.objects.filter(name__in=["force", "close"]))
    ask(FreezeAccount(account="bob", scope="debits", reason="Lost"))
    ask(open_account("gone"))
    ask(CloseAccount(account="gone", reason="Left"))
    ask(
        PlaceHold(
            account="sam", amount=WIDE - 100, payee="bob", reference=LONG[:200], expires_in=90_000
        )
    )
    held = ask(PlaceHold(account="ann", amount=5_000, expires_in=90_000)).body["hold"]["id"]
    ask(CaptureHold(account="ann", hold=UUID(held), amount=1_250, final=False, payee="world"))
    ask(PlaceHold(account="ann", amount=2_000, payee="world", reference="table 4"))
    for through, reason in ((date(2026, 1, 31), LONG), (date(2025, 12, 31), "A bill came late")):
        ask(CloseBooks(through=through, reason=reason), by=CLEO)
    follow()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [NARROW, {"width": 1100, "height": 800}], ids=["360", "1100"])
def test_every_page_fits_its_screen_and_axe_finds_nothing(served, opened, wide, scheme, viewport):
    page = opened(viewport=viewport, color_scheme=scheme)
    for name in everywhere(page, served.url):
        is_good(page, f"{name}-{viewport['width']}-{scheme}")


def test_no_first_load_is_heavy(served, opened, wide):
    weights = {}
    page = opened()
    log_in(page, served.url, "sam")
    cookies = page.context.cookies()
    paths = ("/", "/accounts/", "/accounts/ann", "/accounts/new", "/transfers/new?legs=20",
             "/requests/")  # fmt: skip
    for path in paths:
        fresh = opened()
        fresh.context.add_cookies(cookies)
        network = fresh.context.new_cdp_session(fresh)
        network.send("Network.enable")
        sizes = []
        network.on("Network.loadingFinished", lambda event, to=sizes: to.append(event))
        fresh.goto(served.url + path, wait_until="networkidle")
        weights[path] = sum(event["encodedDataLength"] for event in sizes)
        assert len(sizes) >= 2, "the page and its stylesheet"
    assert max(weights.values()) < MOST, weights
