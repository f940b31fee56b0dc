"""Forms: every POST shows one of the named outcomes, keeps the input, and is done once."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from commands.engine import views
from commands.engine.errors import Busy, OutcomeUnknown
from commands.engine.models import Request
from eventstore.store import latest_position
from tests.examples.factories import user
from tests.examples.pages import (
    browser,
    holding,
    key_in,
    paying,
    posted,
    read,
    said_at,
    value_of,
)
from tests.examples.people import ANN, SAM, VIC

pytestmark = pytest.mark.django_db


# --- succeeded -------------------------------------------------------------------------------


def test_a_success_leads_to_what_it_made_and_says_so_once(ann):
    answer = ann.post("/transfers/new", paying())
    assert answer.status_code == 303
    assert re.fullmatch(r"/transfers/[0-9a-f-]{36}", answer["Location"])
    page = ann.get(answer["Location"]).content.decode()
    assert "Transfer posted: 2.50 EUR from ann to bob." in page
    assert "Transfer posted" not in ann.get(answer["Location"]).content.decode()
    assert (posted("ann"), posted("bob")) == (750, 250)


def test_a_form_is_a_request_of_its_own_source_with_the_id_of_its_answer(ann):
    answer = ann.post("/transfers/new", paying())
    row = Request.objects.get(id=answer["Daybook-Request"])
    assert (row.source, row.status, row.payload["amount"]) == ("form", "succeeded", "250")


def test_sent_twice_it_is_done_once_and_leads_to_the_same_place(ann):
    first, second = (ann.post("/transfers/new", paying()) for _ in range(2))
    assert second["Location"] == first["Location"]
    assert "done before, and only once" in ann.get(second["Location"]).content.decode()
    assert posted("ann") == 750


def test_each_form_that_is_opened_has_a_key_of_its_own(ann):
    assert key_in(ann.get("/transfers/new")) != key_in(ann.get("/transfers/new"))


# --- refused ---------------------------------------------------------------------------------


def test_a_refusal_stands_at_its_field_with_its_facts_and_keeps_the_input_under_a_new_key(ann):
    answer = ann.post("/transfers/new", paying(amount="10.01"))
    assert answer.status_code == 422
    assert said_at(answer, "amount") == (
        "The account does not have this much available. "
        "Account ann Available 10.00 EUR Requested 10.01 EUR"
    )
    assert value_of(answer, "amount") == "10.01"
    assert value_of(answer, "description") == "Tea"
    assert key_in(answer) != "k-1"
    assert posted("ann") == 1_000


@pytest.mark.parametrize(
    ("changed", "status", "place", "sentence"),
    [
        ({"from": "nobody"}, 404, "from", "There is no such account, or you may not see it."),
        (
            {"from": "bob", "to": "ann"},
            404,
            "from",
            "There is no such account, or you may not see it.",
        ),
        ({"to": "nobody"}, 422, "to", "This payee cannot be paid; check the code with whoever"),
        ({"to": "ann"}, 422, "to", "A transfer changes two different accounts at least."),
        ({"effective_on": "2999-01-01"}, 422, "effective_on", "The business date lies in the"),
        ({"to": "", "from": ""}, 400, "from", "This field is required."),
        ({"to": "Bob!"}, 400, "to", "A code has at most 200 of"),
        ({"amount": "1,50"}, 400, "amount", "'1,50' is not an amount"),
        ({"amount": "1.505"}, 400, "amount", "'1.505' has more than 2 decimals."),
        ({"amount": "0.00"}, 400, "amount", "An amount is more than zero."),
        ({"amount": "1" * 37}, 400, "amount", "An amount has at most 38 digits."),
        ({"amount": "١"}, 400, "amount", "'١' is not an amount"),
        ({"effective_on": "yesterday"}, 400, "effective_on", "This must be a date like"),
        ({"description": "a\u202eb"}, 400, "description", "Control characters and direction"),
    ],
)
def test_what_is_wrong_is_said_where_it_is_wrong(ann, changed, status, place, sentence):
    before = latest_position()
    answer = ann.post("/transfers/new", paying(**changed))
    assert answer.status_code == status
    assert said_at(answer, place).startswith(sentence)
    assert key_in(answer) != "k-1"
    assert latest_position() == before


def test_everything_that_is_wrong_is_said_at_once(ann):
    answer = ann.post("/transfers/new", paying(to="", amount="x", effective_on="x"))
    assert all(said_at(answer, name) for name in ("to", "amount", "effective_on"))
    assert 'role="alert" tabindex="-1" autofocus' in answer.content.decode()


def test_who_may_not_debit_an_account_is_told_so(ann):
    answer = browser(VIC).post("/transfers/new", paying())
    assert answer.status_code == 403
    assert said_at(answer, "from").startswith("You may not do this")


def test_a_key_of_another_request_is_shown_as_such_and_replaced(ann):
    ann.post("/transfers/new", paying())
    answer = ann.post("/transfers/new", paying(amount="3.00"))
    assert answer.status_code == 422
    assert "This form was sent before with something else in it" in answer.content.decode()
    again = ann.post("/transfers/new", paying(amount="3.00", idempotency_key=key_in(answer)))
    assert again.status_code == 303
    assert posted("ann") == 450


# --- not now ---------------------------------------------------------------------------------


def test_a_busy_ledger_has_done_nothing_and_the_key_stays_for_the_next_time(ann, monkeypatch):
    def busy(asked):
        raise Busy

    monkeypatch.setattr(views, "dispatch", busy)
    answer = ann.post("/transfers/new", paying())
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert key_in(answer) == "k-1"
    assert "Send it again: it will be done once." in answer.content.decode()
    monkeypatch.undo()
    assert ann.post("/transfers/new", paying()).status_code == 303


def test_whether_a_form_was_done_may_be_unknown_and_its_key_finds_out(ann, monkeypatch):
    def lost(asked):
        raise OutcomeUnknown(request=str(asked.id))

    monkeypatch.setattr(views, "dispatch", lost)
    answer = ann.post("/transfers/new", paying())
    assert (answer.status_code, key_in(answer)) == (504, "k-1")
    assert "Perhaps done" in answer.content.decode()
    assert "Send it again: it will be done once." in answer.content.decode()


# --- a check ---------------------------------------------------------------------------------


def test_a_check_shows_what_will_be_left_and_changes_nothing(ann):
    before = latest_position(), Request.objects.count()
    answer = ann.post("/transfers/new", paying(check="1"))
    assert answer.status_code == 200
    page = read(answer.content.decode())
    assert "After this: 7.50 EUR available on ann." in page
    assert "available on bob" not in page, "Ann may not see what Bob has"
    assert (latest_position(), Request.objects.count()) == before
    assert key_in(answer) == "k-1"


def test_a_check_shows_a_refusal_as_well(ann):
    answer = ann.post("/transfers/new", paying(check="1", amount="11"))
    assert answer.status_code == 200
    assert "Available 10.00 EUR" in said_at(answer, "amount")


def test_a_check_of_half_a_form_says_what_is_missing(ann):
    answer = ann.post("/transfers/new", paying(check="1", to=""))
    assert answer.status_code == 200
    assert said_at(answer, "to") == "This field is required."


# --- from elsewhere --------------------------------------------------------------------------


def test_a_form_needs_the_secret_of_its_page(ann):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user(ANN))
    assert strict.post("/transfers/new", paying()).status_code == 403
    assert posted("ann") == 1_000


# --- logged out ------------------------------------------------------------------------------


def test_who_was_logged_out_meanwhile_is_told_so_and_finds_what_they_wrote(ann):
    ann.logout()
    answer = ann.post("/transfers/new", paying(amount="2.50", description="Tea & cake"))
    assert answer.status_code == 302
    login = ann.get(answer["Location"])
    assert "so nothing was sent" in read(login.text)
    assert (posted("ann"), posted("bob")) == (1_000, 0)
    ann.force_login(user(ANN))
    page = ann.get(parse_qs(urlsplit(answer["Location"]).query)["next"][0])
    assert value_of(page, "amount") == "2.50"
    assert value_of(page, "description") == "Tea &amp; cake"
    assert ann.post("/transfers/new", paying(idempotency_key=key_in(page))).status_code == 303


def test_what_they_had_emptied_is_empty_still(ann):
    ann.logout()
    answer = ann.post("/accounts/ann/edit", {"name": "", "metadata": "colour: red"})
    ann.force_login(user(ANN))
    page = ann.get(parse_qs(urlsplit(answer["Location"]).query)["next"][0])
    assert value_of(page, "name") == ""
    assert "colour: red" in page.text
    assert value_of(ann.get("/accounts/ann/edit?name=Eve"), "name") != "Eve"


def test_so_they_find_it_where_a_hold_is_ended(ann, sam):
    hold = ann.post("/accounts/ann/holds/new", holding())["Location"]
    sam.logout()
    answer = sam.post(f"{hold}/release", {"reason": "Not in stock"})
    sam.force_login(user(SAM))
    page = sam.get(parse_qs(urlsplit(answer["Location"]).query)["next"][0])
    assert "Not in stock" in page.text


def test_what_is_too_long_for_an_address_is_said_to_be_lost(ann):
    ann.logout()
    answer = ann.post("/transfers/new", paying(description="x" * 3_000))
    assert answer["Location"] == "/login?next=/transfers/new"


def test_no_cache_keeps_what_somebody_sees(ann):
    for path in ("/", "/accounts/ann", "/transfers/new", "/requests/"):
        assert ann.get(path)["Cache-Control"] == "private, no-cache", path
