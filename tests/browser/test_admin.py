"""The admin under the policy: no page of it asks for what the policy forbids."""

import pytest
from django.urls import reverse

from tests.browser.conftest import PASSWORD, picture, with_password
from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.ledger import pay
from tests.examples.people import ANN, VIC
from tests.integration.admin.windows import WINDOWS, listed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def vic(served, page):
    """Vic, who may look at everything and manage the users, in the admin."""
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
