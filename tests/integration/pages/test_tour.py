"""The tour of the demo ledger: each of its stops is there, and it ends when somebody says so."""

import re

import pytest
from django.core.management import call_command

from tests.examples.pages import browser, key_in, read, text
from tests.examples.people import ANN, SAM, VIC

pytestmark = pytest.mark.django_db

TITLE = "A short tour of the demo ledger"


@pytest.fixture
def demo():
    call_command("demo")


def stops(client):
    html = client.get("/").content.decode()
    listed = re.search('<section class="check tour".*?</section>', html, re.DOTALL)[0]
    return [each.replace("&amp;", "&") for each in re.findall(r'<a href="([^"]+)"', listed)]


def test_it_leads_to_pages_that_are_there(demo):
    sam = browser(SAM)
    found = stops(sam)
    assert len(found) == 6
    for address in found:
        assert sam.get(address).status_code == 200, address


def test_a_transfer_is_filled_in_and_the_no_is_one(demo):
    sam = browser(SAM)
    yes, no = (address for address in stops(sam) if "/transfers/new" in address)
    for address, status in ((yes, 303), (no, 422)):
        page = sam.get(address)
        names = ("from", "to", "amount", "description")
        fields = {
            name: re.search(rf'name="{name}" value="([^"]*)"', page.content.decode())[1]
            for name in names
        }
        answer = sam.post("/transfers/new", fields | {"idempotency_key": key_in(page)})
        assert answer.status_code == status
    assert "frozen" in read(answer.content.decode())


def test_who_may_not_see_its_accounts_is_not_led_to_them(demo):
    assert TITLE not in text(browser(ANN), "/")


def test_it_is_shown_until_somebody_knows_their_way(demo):
    sam = browser(SAM)
    assert TITLE in text(sam, "/")
    assert TITLE not in text(sam, "/accounts/")
    assert sam.post("/tour/end")["Location"] == "/"
    assert TITLE not in text(sam, "/")
    assert TITLE in text(browser(VIC), "/"), "who has not said so"
    assert sam.get("/tour")["Location"] == "/"
    assert TITLE in text(sam, "/")


def test_there_is_none_of_any_other_ledger(january):
    assert TITLE not in text(january, "/")
