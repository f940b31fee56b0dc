"""The admin under the policy: no page of it asks for what the policy forbids."""

from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from commands.access.models import Token
from commands.ledger.instruction_messages import PlaceStandingOrder, SetSweep
from commands.ledger.messages import CloseBooks, PlaceHold
from tests.browser.conftest import PASSWORD, picture, with_password
from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.following import follow
from tests.examples.ledger import pay
from tests.examples.people import ANN, CLEO, VIC
from tests.integration.admin.windows import WINDOWS, listed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def vic(served, page):
    """Vic, who may look at everything and manage the users, in the admin."""
    return enter(served, page)


def enter(served, page):
    with_password(VIC)
    somebody = user(VIC)
    somebody.is_staff = somebody.is_superuser = True
    somebody.save()
    rich("ann", 500, owner=ANN)
    ask(pay("ann", "world", 30, description="Rent"))
    page.goto(f"{served.url}/admin/")
    page.get_by_label("Username").fill("vic")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    return page


def test_every_page_of_the_admin_keeps_to_the_policy(vic, served):
    for address in (
        *map(listed, WINDOWS),
        *map(reverse, ("admin:index", "admin:access_user_changelist", "admin:access_user_add")),
        *map(reverse, ("admin:auth_group_add", "admin:password_change")),
    ):
        answer = vic.goto(served.url + address)
        assert answer.status == 200, address
        assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_somebody_finds_out_what_an_event_changed_and_who_asked_for_it(vic):
    vic.get_by_role("link", name="Events", exact=True).first.click()
    vic.locator("#result_list tbody th a").first.click()
    assert "account_credited" in vic.locator(".field-type").inner_text()
    assert "30" in vic.locator(".field-what_changed").inner_text()
    picture(vic, "admin-event")
    vic.locator(".field-asked_by a").click()
    assert "post_transfer" in vic.locator(".field-command").inner_text()
    vic.locator(".field-decided_on_ a").first.click()
    assert "Shown at version" in vic.locator("#content").inner_text()
    picture(vic, "admin-stream")


def test_a_stream_is_moved_through_by_its_slider(vic, served):
    vic.goto(f"{served.url}/admin/eventstore/stream/account-ann/change/")
    slider = vic.get_by_label("As it was at version")
    slider.focus()
    slider.press("ArrowLeft")
    assert vic.locator(".slider output").inner_text() == "2"
    vic.get_by_role("button", name="Show").first.click()
    vic.wait_for_url("**version=2*")
    assert "500" in vic.locator(".field-folded ins").inner_text()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_two_accounts_are_frozen_from_the_list_and_found_again(served, opened, scripts):
    vic = enter(served, opened(java_script_enabled=scripts))
    vic.goto(f"{served.url}/admin/ledger/balance/")
    for box in vic.locator("tbody .action-select").all():
        box.check()
    vic.locator("select[name=action]").select_option("Freeze…")
    vic.get_by_role("button", name="Go").click()
    vic.get_by_label("Reason").fill("Audit")
    vic.get_by_role("button", name="Freeze accounts").click()
    assert "Done: 2." in vic.get_by_role("status").inner_text()
    vic.get_by_role("link", name="In the admin").click()
    assert "account_frozen" in vic.locator(".tree").inner_text()
    picture(vic, "admin-request")


def fill() -> None:
    """Rows in every window."""
    ask(PlaceHold(account="ann", amount=10, payee="world", expires_in=86_400))
    ask(CloseBooks(through=date(2026, 1, 31), reason="Reconciled"), by=CLEO)
    ask(SetSweep(account="ann", above=5, to="world"))
    about = {"every": "month", "first_on": date(2100, 1, 31)}
    ask(PlaceStandingOrder(payer="ann", payee="world", amount=10, **about))
    Token.issue(user(ANN), scopes=["read"], prefix="ann")
    follow()


def test_lists_are_lines_that_fit_on_a_screen_and_axe_finds_nothing(served, opened):
    size = {"width": 1200, "height": 800}
    vic = enter(served, opened(viewport=size, bypass_csp=True))  # Axe sets styles of its own.
    fill()
    wrong = {}
    for window in WINDOWS:
        vic.goto(served.url + listed(window))
        picture(vic, f"admin-list-{window}")
        rows = [row.bounding_box()["height"] for row in vic.locator("#result_list tbody tr").all()]
        cut = "e => e.scrollWidth - e.clientWidth"
        beyond = vic.locator("#changelist .results").evaluate(cut) if rows else None
        found = Axe().run(vic, context="#changelist")
        if beyond != 0 or max(rows) > 50 or found.violations_count:
            wrong[window] = (rows and max(rows), beyond, found.generate_report())
    assert wrong == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_what_was_added_to_a_row(served, opened, scheme):
    vic = enter(served, opened(color_scheme=scheme, bypass_csp=True))  # Axe sets styles of its own.
    for row in ("eventstore/event/4", "eventstore/stream/account-ann", "ledger/balance/ann"):
        vic.goto(f"{served.url}/admin/{row}/change/")
        for part in (".change", ".tree", ".slider", ".object-tools"):
            if vic.locator(part).count():
                found = Axe().run(vic, context=part)
                assert found.violations_count == 0, (row, part, found.generate_report())
        picture(vic, f"admin-{row.split('/')[1]}-{scheme}")
