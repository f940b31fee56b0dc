"""The window on accounts: found by code, name and owner, and led on from."""

import re
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from commands.ledger.messages import OpenAccount, PlaceHold, ReleaseHold
from projections.ledger.models import Balance, Entry, Transfer
from tests.examples.asking import ask
from tests.examples.factories import user
from tests.examples.ledger import open_account, pay
from tests.examples.people import ANN, BOB, VIC
from tests.integration.admin.windows import listed, shown, staff, text

pytestmark = pytest.mark.django_db


def found(client, term) -> list[str]:
    rows = client.get(listed("ledger_balance"), {"q": term}).context["cl"].result_list
    return [row.account for row in rows]


@pytest.fixture
def shops(vic):
    user(BOB)
    ask(OpenAccount(code="shop:1", name="Grocer", currency="EUR", owner=BOB.id))
    ask(OpenAccount(code="shop:2", name="greengrocer", currency="EUR", owner=BOB.id))
    ask(OpenAccount(code="shop:3", name="Großhandel", currency="EUR", owner=ANN.id))


@pytest.mark.parametrize(
    ("term", "codes"),
    [
        ("shop", ["shop:1", "shop:2", "shop:3"]),
        ("gro", ["shop:1", "shop:3"]),
        ("GROCER", ["shop:1"]),
        ("groß", ["shop:3"]),
        ("%", []),
        ("bob", ["shop:1", "shop:2"]),
        ("@bob", ["shop:1", "shop:2"]),
        ("ann", ["ann"]),
        ("@ann", ["ann", "shop:3"]),
        ("@", []),
    ],
)
def test_it_is_found_by_its_code_and_its_name_and_by_its_owner(vic, shops, term, codes):
    assert found(vic, term) == codes


def test_an_owner_is_shown_by_name_and_known_by_id(vic, shops):
    for page in (listed("ledger_balance"), shown("ledger_balance", "shop:1")):
        assert f'<span title="{BOB.id}">bob</span>' in vic.get(page).content.decode()


def test_an_owner_who_is_no_user_is_shown_by_id(vic):
    Balance.objects.filter(account="ann").update(owner=BOB.id)
    assert f"Owner: {BOB.id}" in text(vic.get(shown("ledger_balance", "ann")))


def test_names_of_owners_cost_one_query_a_page(vic, shops):
    with CaptureQueriesContext(connection) as few:
        vic.get(listed("ledger_balance"))
    for number in range(20):
        ask(open_account(f"more:{number:02}", owner=(ANN, BOB)[number % 2].id))
    with CaptureQueriesContext(connection) as many:
        vic.get(listed("ledger_balance"))
    assert len(many) == len(few)


# --- its page --------------------------------------------------------------------------------


def test_its_open_holds_lead_to_their_release(sam):
    held = ask(PlaceHold(account="ann", amount=10, payee="world")).body["hold"]["id"]
    row = shown("ledger_balance", "ann")
    page = sam.get(row)
    assert f"Hold Remaining Payee Expires …{held[-8:]} 0.10 EUR world never Release…" in text(page)
    (release,) = re.findall(r'href="([^"]+)">Release…', page.content.decode())
    assert f'<a href="{row}">Cancel</a>' in sam.get(release).content.decode()
    assert "Release…" not in text(staff(VIC).get(row))
    ask(ReleaseHold(account="ann", hold=UUID(held)))
    assert "Open holds: —" in text(sam.get(row))


def test_its_last_entries_lead_to_their_transfers(vic):
    page = vic.get(shown("ledger_balance", "ann"))
    entry = Entry.objects.filter(account="ann").latest("position")
    for window, key in (("ledger_entry", entry.position), ("ledger_transfer", entry.transfer)):
        assert f'href="{shown(window, key)}"' in page.content.decode()
    assert '<td><span class="figure">0.30 EUR</span></td>' in page.content.decode()


def test_more_than_its_page_lists_are_in_their_own_windows(vic):
    for _ in range(21):
        ask(pay("ann", "world", 1))
        ask(PlaceHold(account="ann", amount=1))
    page = vic.get(shown("ledger_balance", "ann")).content.decode()
    for window in ("ledger_hold", "ledger_entry"):
        assert f'<a href="{listed(window)}?q=ann">All of them</a>' in page


def test_it_and_its_transfers_and_holds_lead_to_their_pages_in_the_product(vic):
    held = ask(PlaceHold(account="ann", amount=10)).body["hold"]["id"]
    moved = Transfer.objects.latest("position").id
    for window, key, page in (
        ("ledger_balance", "ann", reverse("account", args=["ann"])),
        ("ledger_transfer", moved, reverse("transfer", args=[moved])),
        ("ledger_hold", held, reverse("hold", args=["ann", held])),
    ):
        answer = vic.get(shown(window, key)).content.decode()
        assert f'<a href="{page}">Its page</a>' in answer
        assert vic.get(page).status_code == 200
