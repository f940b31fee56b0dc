"""Rows lead to the forms that correct them: from their own page, and from the list for several."""

import re
from html import unescape
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.urls import reverse

from commands.engine.models import Request
from commands.ledger.messages import CaptureHold, FreezeAccount, PlaceHold, ReverseTransfer
from projections.ledger.models import Balance, Hold, Transfer
from tests.examples.asking import ask
from tests.examples.pages import browser, key_in
from tests.examples.people import ANN, FLO, SAM, VIC
from tests.integration.admin.windows import listed, shown, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam(vic):
    return staff(SAM)


def ways(client, window, key) -> dict[str, str]:
    """What may be asked for at a row, and where."""
    html = client.get(shown(window, key)).content.decode()
    (tools,) = re.findall(r'<ul class="object-tools">(.*?)</ul>', html, re.DOTALL) or [""]
    links = re.findall(r'href="([^"]+)">([^<]+)</a>', tools)
    return {text: unescape(address) for address, text in links if text != "Its page"}


def offered(client, window) -> list[str]:
    """What may be asked for of the rows that are chosen in a list."""
    html = client.get(listed(window)).content.decode()
    return re.findall(r'<option value="([^"]+…)">', html)


def choose(client, window, action, *keys):
    """Where a list leads with an action for these rows."""
    body = {"action": action, "_selected_action": keys, "index": "0"}
    return client.post(listed(window), body)


def rent() -> UUID:
    return Transfer.objects.get(reference="r-1", reverses=None).id


def back(window) -> str:
    return urlencode({"next": listed(window)})


# --- from a row ------------------------------------------------------------------------------


def test_an_account_leads_to_what_can_be_done_with_it_as_it_is(sam):
    always = {"Place hold…", "Overdraft limit…", "Close…"}
    always |= {"Alert…", "Sweep…", "New standing order…"}
    assert ways(sam, "ledger_balance", "ann").keys() == always | {"Freeze…"}
    ask(FreezeAccount(account="ann", scope="debits", reason="Lost card"))
    assert ways(sam, "ledger_balance", "ann").keys() == always | {"Freeze…", "Unfreeze…"}
    ask(FreezeAccount(account="ann", scope="all", reason="Lost card"))
    assert ways(sam, "ledger_balance", "ann").keys() == always | {"Unfreeze…"}


def test_an_account_is_frozen_with_a_reason_by_who_asked(sam):
    address = ways(sam, "ledger_balance", "ann")["Freeze…"]
    body = {"scope": "debits", "reason": "Lost card", "idempotency_key": key_in(sam.get(address))}
    assert sam.post(address, body).status_code == 303
    assert Balance.objects.get(account="ann").frozen_scope == "debits"
    asked = Request.objects.get(command="freeze_account")
    assert (asked.principal, asked.payload["reason"]) == (SAM.id, "Lost card")


def test_a_refusal_stands_at_its_field_with_its_facts(sam):
    address = ways(sam, "ledger_balance", "ann")["Place hold…"]
    body = {"amount": "100.00", "idempotency_key": key_in(sam.get(address))}
    answer = sam.post(address, body)
    assert answer.status_code == 422
    said = re.search(r'id="field-amount-wrong">(.*?)</div>', answer.content.decode(), re.DOTALL)
    assert said and "4.70 EUR" in said[1]


def test_a_transfer_is_reversed_and_forced_by_those_who_may(sam):
    assert ways(sam, "ledger_transfer", rent()).keys() == {"Reverse…"}
    forced = ways(staff(FLO), "ledger_transfer", rent())["Force…"]
    assert 'name="force" value="yes" checked' in staff(FLO).get(forced).content.decode()
    undone = ask(ReverseTransfer(transfer=rent(), reason="Mistake")).body["transfer"]["id"]
    assert ways(staff(FLO), "ledger_transfer", undone) == {}
    assert ways(staff(FLO), "ledger_transfer", rent()) == {}


def test_a_hold_is_captured_and_released_while_it_is_open(sam):
    held = UUID(ask(PlaceHold(account="ann", amount=10, payee="world")).body["hold"]["id"])
    found = ways(sam, "ledger_hold", held)
    assert found.keys() == {"Capture…", "Release…"}
    for address in found.values():
        assert sam.get(address).status_code == 200
    ask(CaptureHold(account="ann", hold=held, amount=4, final=True))
    assert ways(sam, "ledger_hold", held) == {}


def test_the_pages_of_the_product_lead_to_their_rows_and_tell_nobody_else(sam):
    held = ask(PlaceHold(account="ann", amount=10)).body["hold"]["id"]
    paid = Request.objects.get(key="k-1").id
    pages = {
        reverse("account", args=["ann"]): shown("ledger_balance", "ann"),
        reverse("transfer", args=[rent()]): shown("ledger_transfer", rent()),
        reverse("hold", args=["ann", held]): shown("ledger_hold", held),
        reverse("request", args=[paid]): shown("commands_request", paid),
    }
    for page, row in pages.items():
        assert f'href="{row}"' in sam.get(page).content.decode()
    ann = browser(ANN)
    for page in pages:
        assert "/admin/" not in ann.get(page).content.decode()


@pytest.mark.parametrize("way", ["Freeze…", "Place hold…", "Close…", "Overdraft limit…", "Sweep…"])
def test_a_form_that_was_begun_at_a_row_leads_back_there(sam, way):
    row = shown("ledger_balance", "ann")
    page = sam.get(ways(sam, "ledger_balance", "ann")[way]).content.decode()
    assert f'<a href="{row}">Cancel</a>' in page
    assert f'name="next" value="{row}"' in page


def test_it_does_so_when_it_was_refused_and_when_it_is_done(sam):
    row = shown("ledger_balance", "ann")
    form = sam.get(ways(sam, "ledger_balance", "ann")["Place hold…"])
    body = {"amount": "100.00", "next": row, "idempotency_key": key_in(form)}
    refused = sam.post(reverse("place-hold", args=["ann"]), body)
    assert f'<a href="{row}">Cancel</a>' in refused.content.decode()
    body |= {"amount": "1.00", "idempotency_key": key_in(refused)}
    done = sam.post(reverse("place-hold", args=["ann"]), body)
    assert (done.status_code, done["Location"]) == (303, row)
    assert "next" not in Request.objects.latest("received_at").payload


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:1"])
def test_it_leads_nowhere_else(sam, elsewhere):
    address = reverse("freeze", args=["ann"])
    page = sam.get(address, {"next": elsewhere})
    assert elsewhere not in page.content.decode().partition("<form class")[2]
    body = {"scope": "all", "reason": "Audit", "idempotency_key": key_in(page), "next": elsewhere}
    assert sam.post(address, body)["Location"] == reverse("account", args=["ann"])


def test_a_reversal_leads_back_to_its_row(sam):
    page = sam.get(ways(sam, "ledger_transfer", rent())["Reverse…"])
    assert f'<a href="{shown("ledger_transfer", rent())}">Cancel</a>' in page.content.decode()


# --- from a list -----------------------------------------------------------------------------


def test_a_list_offers_all_that_its_rows_may_be_asked_for(sam):
    assert offered(sam, "ledger_balance")[:6] == [
        *["Freeze…", "Unfreeze…", "Place hold…", "Overdraft limit…", "Close…", "Reopen…"]
    ]
    assert offered(sam, "ledger_transfer") == ["Reverse…"]
    assert offered(staff(FLO), "ledger_transfer") == ["Reverse…", "Force…"]
    assert offered(sam, "ledger_hold") == ["Capture…", "Release…"]


def test_one_row_leads_to_its_own_form(sam):
    answer = choose(sam, "ledger_balance", "Freeze…", "ann")
    assert answer["Location"] == f"{reverse('freeze', args=['ann'])}?{back('ledger_balance')}"
    answer = choose(staff(FLO), "ledger_transfer", "Force…", rent())
    assert answer["Location"] == (
        f"{reverse('reverse', args=[rent()])}?force=yes&{back('ledger_transfer')}"
    )


def test_several_rows_lead_to_one_form_for_all(sam):
    answer = choose(sam, "ledger_balance", "Freeze…", "ann", "world")
    form = sam.get(answer["Location"])
    assert form.status_code == 200
    for account in ("ann", "world"):
        assert f'value="{reverse("freeze", args=[account])}"' in form.content.decode()
    held = [ask(PlaceHold(account="ann", amount=1)).body["hold"]["id"] for _ in range(2)]
    answer = choose(sam, "ledger_hold", "Release…", *held)
    assert sam.get(answer["Location"]).status_code == 200
    assert set(Hold.objects.values_list("status", flat=True)) == {"open"}


def test_what_differs_from_row_to_row_is_asked_of_one(sam):
    choose(sam, "ledger_balance", "Place hold…", "ann", "world")
    assert "Choose one row" in sam.get(listed("ledger_balance")).content.decode()


def test_no_more_rows_are_asked_for_than_a_list_shows(sam):
    body = {"action": "Freeze…", "select_across": "1", "index": "0", "_selected_action": "ann"}
    answer = sam.post(listed("ledger_balance"), body)
    assert answer["Location"].count("row=") == Balance.objects.count()


# --- who may ---------------------------------------------------------------------------------


@pytest.mark.parametrize("window", ["ledger_balance", "ledger_transfer", "ledger_hold"])
def test_who_only_looks_is_offered_nothing_and_refused_the_rest(vic, window):
    assert offered(vic, window) == []
    assert choose(vic, window, "Freeze…", "ann").status_code == 403


def test_who_only_looks_has_no_way_from_a_row(vic):
    held = ask(PlaceHold(account="ann", amount=10)).body["hold"]["id"]
    rows = {"ledger_balance": "ann", "ledger_transfer": rent(), "ledger_hold": held}
    for window, key in rows.items():
        assert ways(vic, window, key) == {}
    assert staff(VIC).get(reverse("freeze", args=["ann"])).status_code == 403
