"""Pages of holds: placed, looked at, captured and released, each by whom it is to say."""

from datetime import timedelta

import pytest
from django.utils import timezone

from commands.ledger.messages import CaptureHold, PlaceHold
from eventstore.store import latest_position
from projections.ledger import hold_views
from projections.ledger.models import Hold
from tests.examples.asking import ask, rich
from tests.examples.ledger import open_account
from tests.examples.pages import (
    browser,
    holding,
    key_in,
    posted,
    read,
    rows,
    said_at,
    text,
    value_of,
)
from tests.examples.people import ANN, BOB, EVE, SAM, VIC

pytestmark = pytest.mark.django_db

NEW = "/accounts/ann/holds/new"


@pytest.fixture
def bob(ann):
    return browser(BOB)


@pytest.fixture
def held(ann) -> str:
    """The page of a hold of 2.50 EUR on Ann's account for Bob's."""
    placed = ask(PlaceHold(account="ann", amount=250, payee="bob", reference="r-1"), by=ANN)
    return f"/accounts/ann/holds/{placed.body['hold']['id']}"


def capturing(**changed: str) -> dict[str, str]:
    return {"amount": "", "final": "yes", "idempotency_key": "c-1"} | changed


# --- placed ----------------------------------------------------------------------------------


def test_an_owner_sets_something_aside_and_is_led_to_it(ann):
    answer = ann.post(NEW, holding(payee="bob", reference="table 4"))
    row = Hold.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/accounts/ann/holds/{row.id}")
    said = text(ann, answer["Location"])
    for words in ("On hold: 2.50 EUR.", "open", "table 4", "bob", "in 6 days, 23 hours"):
        assert words in said
    assert (row.amount, row.payee, row.reference) == (250, "bob", "table 4")
    said = text(ann, "/accounts/ann")
    assert "Available 7.50 EUR Posted 10.00 EUR Held 2.50 EUR" in said


@pytest.mark.parametrize(
    ("fields", "days"),
    [({"expires_in": "86400"}, 1), ({"days": "14"}, 14), ({"expires_in": ""}, None)],
)
def test_it_expires_after_a_usual_time_or_so_many_days_or_never(ann, fields, days):
    ann.post(NEW, holding(**fields))
    expires = Hold.objects.get().expires_at
    if days is None:
        assert expires is None
    else:
        assert abs(expires - timezone.now() - timedelta(days)) < timedelta(minutes=10)


@pytest.mark.parametrize(
    ("changed", "status", "place", "sentence"),
    [
        ({"amount": "10.01"}, 422, "amount", "The account does not have this much available."),
        ({"amount": "1.001"}, 400, "amount", "'1.001' has more than 2 decimals."),
        ({"amount": ""}, 400, "amount", "This field is required."),
        ({"days": "0"}, 400, "days", "Write a whole number of days, 1 to 3660."),
        ({"days": "3661"}, 400, "days", "Write a whole number of days, 1 to 3660."),
        ({"days": "¹"}, 400, "days", "Write a whole number of days, 1 to 3660."),
        ({"expires_in": "soon"}, 400, "expires_in", "This must be a whole number of seconds"),
        ({"payee": "ann"}, 422, "payee", "A transfer changes two different accounts at least."),
        ({"payee": "nobody"}, 422, "payee", "This payee cannot be paid"),
        ({"payee": "shop"}, 422, "payee", "This payee cannot be paid"),
    ],
)
def test_what_is_wrong_is_said_where_it_is_wrong(ann, changed, status, place, sentence):
    ask(open_account("shop", currency="USD"))
    before = latest_position()
    answer = ann.post(NEW, holding(**changed))
    assert answer.status_code == status
    assert said_at(answer, place).startswith(sentence)
    assert latest_position() == before
    assert key_in(answer) != "h-1"


def test_payees_are_searched_for_and_picked_without_scripts(ann):
    ask(open_account("shop"))
    answer = browser(SAM).post(NEW, holding(payee="sh", search="payee"))
    assert "payee=shop" in answer.content.decode()
    answer = browser(SAM).post(NEW, holding(payee="sh", pick="payee=shop"))
    assert value_of(answer, "payee") == "shop"


def test_a_form_that_is_sent_twice_holds_once(ann):
    first, second = (ann.post(NEW, holding()) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Hold.objects.count() == 1


def test_its_request_says_what_was_asked_and_leads_to_it(ann):
    answer = ann.post(NEW, holding(payee="bob", reference="table 4"))
    request = f"/requests/{answer['Daybook-Request']}"
    assert "amount 2.50 EUR" in text(ann, request)
    assert f'href="{answer["Location"]}"' in ann.get(request).content.decode()
    assert "Place hold ann → bob: table 4" in text(ann, "/requests/")


# --- looked at -------------------------------------------------------------------------------


def test_open_holds_stand_on_the_account_and_ended_ones_on_their_own_page(ann, held):
    ask(CaptureHold(account="ann", hold=Hold.objects.get().id), by=BOB)
    ask(PlaceHold(account="ann", amount=100, reference="still"))
    shown = [row[:2] for row in rows(ann, "/accounts/ann")]
    assert ["Said at capture", "still"] in shown
    assert ["bob", "r-1"] not in shown
    said = text(ann, "/accounts/ann/holds")
    assert said.index("still") < said.index("r-1"), "newest first"
    assert "captured" in said


def test_a_hold_whose_time_is_over_is_shown_as_expired_and_no_longer_held(ann):
    ask(PlaceHold(account="ann", amount=100, expires_in=1))
    Hold.objects.update(expires_at=timezone.now() - timedelta(days=1))
    said = text(ann, "/accounts/ann")
    assert "On hold" not in said
    assert "Held 0.00 EUR" in said
    page = f"/accounts/ann/holds/{Hold.objects.get().id}"
    assert "expired" in text(ann, page)
    assert f"{page}/capture" not in browser(SAM).get(page).content.decode()


def test_a_payees_owner_sees_what_is_held_for_them_and_nothing_else_of_the_payer(bob, held):
    ask(PlaceHold(account="ann", amount=100, reference="not Bob's"), by=ANN)
    assert "r-1" in text(bob, "/accounts/bob/holds?incoming=yes")
    said = text(bob, "/accounts/ann/holds")
    assert "r-1" in said
    assert "not Bob's" not in said
    page = bob.get(held).content.decode()
    assert '"/accounts/ann"' not in page
    assert "Ann" not in page, "the name of the account is its owner's"
    assert f"{held}/capture" in page


def test_holds_come_in_pages(ann, monkeypatch):
    monkeypatch.setattr(hold_views, "PAGE", 2)
    for number in range(3):
        ask(PlaceHold(account="ann", amount=1, payee="bob", reference=f"ref-{number}"))
    for path in ("/accounts/ann/holds", "/accounts/bob/holds?incoming=yes"):
        sam = browser(SAM)
        page = sam.get(path).content.decode()
        following = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
        said = text(sam, path.partition("?")[0] + following)
        assert "ref-0" in said
        assert "ref-1" not in said


def test_who_may_not_end_a_hold_is_not_offered_to(ann, held):
    for client in (ann, browser(VIC)):
        assert f"{held}/capture" not in client.get(held).content.decode()
        assert client.get(f"{held}/capture").status_code == 403
        assert client.get(f"{held}/release").status_code == 403
    eve = browser(EVE)
    for path in (held, f"{held}/capture", f"{held}/release", "/accounts/ann/holds"):
        assert eve.get(path).status_code == 404


@pytest.mark.parametrize("odd", ["ann:.x", "nobody", "ann"])
def test_a_hold_that_is_not_there_is_not_found(ann, odd):
    none = f"/accounts/{odd}/holds/00000000-0000-0000-0000-000000000000"
    for path in (none, f"{none}/capture", f"{none}/release"):
        assert browser(SAM).get(path).status_code == 404


# --- captured --------------------------------------------------------------------------------


def test_what_is_left_stands_in_the_form_and_is_captured(bob, held):
    page = bob.get(f"{held}/capture")
    assert value_of(page, "amount") == "2.50"
    assert 'name="payee"' not in page.content.decode()
    answer = bob.post(f"{held}/capture", capturing(amount="2.50"))
    assert answer["Location"] == held
    said = text(bob, held)
    assert "Captured: 2.50 EUR to bob." in said
    assert "On hold still 0.00 EUR" in said
    assert (posted("ann"), posted("bob")) == (750, 250)


def test_a_part_is_captured_and_the_rest_stays_on_hold(bob, held):
    fields = {"amount": "1", "idempotency_key": "c-1"}
    bob.post(f"{held}/capture", fields)
    said = text(bob, held)
    assert "Captured: 1.00 EUR to bob. 1.50 EUR is on hold still." in said
    assert "Captured 1.00 EUR" in said
    assert value_of(bob.get(f"{held}/capture"), "amount") == "1.50"
    bob.post(f"{held}/capture", capturing(amount="0.50", idempotency_key="c-2"))
    assert "captured" in text(bob, held)
    assert (posted("ann"), posted("bob")) == (850, 150)


def test_more_than_is_left_is_refused_in_the_accounts_decimals(bob, held):
    answer = bob.post(f"{held}/capture", capturing(amount="2.51"))
    assert answer.status_code == 422
    said = said_at(answer, "amount")
    assert said.startswith("That is more than is left of the hold")
    assert "Remaining 2.50 EUR Requested 2.51 EUR" in said


def test_a_hold_without_a_payee_is_captured_for_one_that_is_named(ann):
    sam = browser(SAM)
    placed = ask(PlaceHold(account="ann", amount=250))
    path = f"/accounts/ann/holds/{placed.body['hold']['id']}/capture"
    assert value_of(sam.get(path), "amount") == "2.50"
    assert 'name="payee"' in sam.get(path).content.decode()
    answer = sam.post(path, capturing(payee=""))
    assert said_at(answer, "payee").startswith("The hold was placed without a payee")
    assert sam.post(path, capturing(payee="bob", idempotency_key="c-2")).status_code == 303
    assert posted("bob") == 250


def test_a_double_click_captures_once(bob, held):
    first, second = (bob.post(f"{held}/capture", capturing()) for _ in range(2))
    assert first["Location"] == second["Location"] == held
    assert "done before, and only once" in text(bob, held)
    assert posted("bob") == 250


def test_who_comes_too_late_is_told_so(bob, held):
    ask(CaptureHold(account="ann", hold=Hold.objects.get().id))
    assert bob.get(f"{held}/capture")["Location"] == held
    answer = bob.post(f"{held}/capture", capturing())
    assert answer.status_code == 422
    assert "The hold was captured, released or expired before" in read(answer.content.decode())
    assert bob.post(f"{held}/release", {"idempotency_key": "r-1"}).status_code == 422


# --- released --------------------------------------------------------------------------------


def test_what_is_left_is_released_with_or_without_a_reason(bob, ann, held):
    assert "2.50 EUR is available on ann again" in text(bob, f"{held}/release")
    answer = bob.post(f"{held}/release", {"reason": "Not in stock", "idempotency_key": "k"})
    assert answer["Location"] == held
    said = text(ann, held)
    assert "released" in said
    assert "Not in stock" in said
    assert "Available 10.00 EUR" in text(ann, "/accounts/ann")


def test_digits_of_any_length_are_held_and_captured(ann):
    most = 10**38 - 1
    rich("rich", most, owner=ANN)
    ann.post("/accounts/rich/holds/new", holding(amount="9" * 36 + ".99", payee="bob"))
    row = Hold.objects.get()
    assert row.amount == most
    path = f"/accounts/rich/holds/{row.id}"
    bob = browser(BOB)
    assert value_of(bob.get(f"{path}/capture"), "amount") == "9" * 36 + ".99"
    assert bob.post(f"{path}/capture", capturing()).status_code == 303
    assert posted("bob") == most
