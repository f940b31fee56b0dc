"""A page is in the language of who reads it; what is stored, and what programs get, is English."""

import re

import pytest
from django.test import Client
from django.utils import translation

from commands.engine.models import Request
from projections.ledger.models import Balance
from tests.examples.clicking import clicked, demo_ledger
from tests.examples.http import Api
from tests.examples.pages import browser, key_in, paying, read, said_at, text, value_of
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db

GERMAN = {"HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.8,en;q=0.5"}
DRAWN = re.compile(r'\b(?:points|x|y|x1|x2|y1|y2|width|height|d|transform|max)="([^"]*)"')


@pytest.fixture(autouse=True)
def afterwards_english():
    yield
    translation.activate("en")


@pytest.fixture
def german(ann):
    ann.defaults |= GERMAN
    return ann


def available() -> int:
    return Balance.objects.get(account="ann").available


# --- which -----------------------------------------------------------------------------------


def test_it_is_what_the_browser_asks_for(german):
    answer = german.get("/accounts/ann")
    assert answer["Content-Language"] == "de"
    assert "Accept-Language" in answer["Vary"]
    assert '<html lang="de">' in answer.text
    assert "Kontoauszug" in read(answer.text)


def test_what_is_chosen_below_a_page_comes_first(ann):
    answer = ann.post("/language", {"language": "de", "next": "/accounts/ann"})
    assert answer["Location"] == "/accounts/ann"
    ann.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert "Kontoauszug" in text(ann, "/accounts/ann")


@pytest.mark.parametrize("next_", ["https://elsewhere.example/", "//elsewhere.example/"])
def test_choosing_one_leads_nowhere_else(ann, next_):
    assert ann.post("/language", {"language": "de", "next": next_})["Location"] == "/"


@pytest.mark.parametrize("asked", ["fr", "xx-yy;q=1", "*", "de;q=", "\x00"])
def test_one_that_is_not_spoken_is_english(ann, asked):
    ann.defaults["HTTP_ACCEPT_LANGUAGE"] = asked
    assert ann.get("/accounts/ann")["Content-Language"] == "en"


def test_who_is_not_logged_in_and_who_is_lost_is_told_in_it_too():
    stranger = Client(**GERMAN)
    assert "Anmelden" in read(stranger.get("/login").text)
    assert "Nicht gefunden" in read(browser_of_sam().get("/accounts/none").text)


def browser_of_sam() -> Client:
    sam = browser(SAM)
    sam.defaults |= GERMAN
    return sam


def test_programs_and_staff_are_told_in_english(ann):
    api = Api(SAM)
    api.headers |= {"Accept-Language": "de"}
    answer = api.post("/transfers", {"from": "ann"})
    assert answer.json()["errors"][0]["detail"].isascii()
    assert "Content-Language" not in answer.headers
    assert "This field is required." in {each["detail"] for each in answer.json()["errors"]}
    assert "Log in" in read(Client(**GERMAN).get("/admin/login/").text)


# --- amounts and dates -----------------------------------------------------------------------


def test_amounts_and_dates_are_written_as_the_language_does(january):
    january.defaults |= GERMAN
    shown = text(january, "/accounts/ann")
    assert "10.01.2026" in shown
    assert "6,00 EUR" in shown
    january.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    shown = text(january, "/accounts/ann")
    assert "2026-01-10" in shown
    assert "6.00 EUR" in shown


def test_an_amount_is_read_as_it_is_written(german):
    answer = german.post("/transfers/new", paying(amount="2,50"))
    assert answer.status_code == 303
    assert available() == 750
    assert "2,50 EUR" in text(german, answer["Location"])


@pytest.mark.parametrize("amount", ["1.234", "1,234.50", "2,505"])
def test_what_could_be_two_amounts_is_asked_for_again(german, amount):
    answer = german.post("/transfers/new", paying(amount=amount))
    assert answer.status_code == 400
    assert amount in said_at(answer, "amount")
    assert value_of(answer, "amount") == amount
    assert available() == 1_000


def test_a_form_is_filled_in_with_what_it_reads(german):
    answer = german.post("/accounts/ann/alert", {"low": "1234,5", "idempotency_key": "a-1"})
    assert answer.status_code == 303
    assert value_of(german.get("/accounts/ann/alert"), "low") == "1234,50"


# --- what is kept ----------------------------------------------------------------------------


def test_a_refusal_is_read_in_german_and_kept_in_english(german):
    answer = german.post("/transfers/new", paying(amount="99,00"))
    assert answer.status_code == 422
    kept = Request.objects.latest("received_at").answer
    assert kept["detail"] == "The account does not have this much available."
    said = said_at(answer, "amount")
    assert kept["detail"] not in said
    assert "10,00 EUR" in said
    again = german.post("/transfers/new", paying(amount="1,00", idempotency_key=key_in(answer)))
    assert again.status_code == 303


def test_no_page_fails_in_german_and_programs_read_the_same_in_it():
    """Every page that is a few clicks away; what is drawn has no decimal commas."""
    client = demo_ledger()
    english = dict(clicked(client, 2))
    client.defaults |= GERMAN
    for path, html in english.items():
        if html:
            answer = client.get(path)
            assert answer.status_code == 200, path
            page = (b"".join(answer) if answer.streaming else answer.content).decode()
            assert DRAWN.findall(page) == DRAWN.findall(html), path
