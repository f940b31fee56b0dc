"""The same transfer down three roads: on the demo ledger alone, for who may, and once for a key."""

import re
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.test import Client

from commands.engine.dispatch import submission
from commands.engine.errors import Busy
from commands.engine.models import Request
from commands.engine.run import run
from tests.examples.asking import rich
from tests.examples.factories import user
from tests.examples.pages import browser, key_in, posted, text
from tests.examples.people import ANN, SAM, VIC
from tests.examples.queueing import work

pytestmark = pytest.mark.django_db

PAGE = "/compare-roads"


@pytest.fixture
def demo():
    call_command("demo")


@pytest.fixture
def sam(demo) -> Client:
    return browser(SAM)


def send(client, **fields):
    return client.post(PAGE, {"idempotency_key": key_in(client.get(PAGE)), **fields})


def sent() -> list[Request]:
    return list(Request.objects.exclude(source="cli"))


# --- where, and for whom ---------------------------------------------------------------------


def test_another_ledger_has_no_such_page_and_no_link_to_it():
    rich("ann", owner=ANN)
    sam = browser(SAM)
    assert (sam.get(PAGE).status_code, sam.post(PAGE).status_code) == (404, 404)
    assert PAGE not in sam.get("/how-it-answers").text


def test_accounts_of_the_same_names_make_no_demo():
    for code in ("outside:bank", "customers:ada"):
        body = {"code": code, "name": "x", "currency": "EUR"}
        asked = submission("open_account", body, principal=SAM.principal, key=f"demo:{code}")
        assert run([asked])[0].succeeded
    assert browser(SAM).get(PAGE).status_code == 404


def test_it_is_for_who_may_post_that_transfer(demo):
    for person, status in ((VIC, 403), (ANN, 403), (SAM, 200)):
        client = browser(person)
        assert client.get(PAGE).status_code == status
        assert (PAGE in client.get("/how-it-answers").text) == (status == 200)
    assert browser(VIC).post(PAGE).status_code == 403
    assert PAGE not in Client().get("/how-it-answers").text
    assert sent() == []


def test_every_request_leads_there(sam):
    send(sam)
    assert f'href="{PAGE}"' in sam.get(f"/requests/{sent()[0].id}").text


# --- what it does ----------------------------------------------------------------------------


def test_it_says_before_what_it_will_do(sam):
    said = text(sam, PAGE)
    assert "three transfers of 0.01 EUR each, from outside:bank to customers:ada" in said
    assert sent() == []


def test_it_sends_one_down_each_road_and_shows_their_lives(sam):
    before = posted("customers:ada")
    answer = send(sam)
    assert answer.status_code == 303
    assert {each.road: each.status for each in sent()} == {
        "awaited": "succeeded", "queued": "accepted", "gateway": "accepted",
    }  # fmt: skip
    said = text(sam, answer["Location"])
    assert "A worker has not decided all of them yet" in said
    assert said.count("Waiting for a worker") == 2
    work()
    html = sam.get(answer["Location"]).text
    assert re.findall(r'<h2 id="road-\d"><a href="[^"]+">(\w+)', html) == [
        "Awaited", "Queued", "Gateway",
    ]  # fmt: skip
    assert html.count("<h3>Decided</h3>") == 3
    assert "has not decided all" not in html
    assert posted("customers:ada") == before + 3


def test_sent_twice_it_is_done_once(sam):
    first = send(sam, idempotency_key="0b5c1b0e-6a4e-4d6f-9f0a-5d1f1c0f0a01")
    second = send(sam, idempotency_key="0b5c1b0e-6a4e-4d6f-9f0a-5d1f1c0f0a01")
    assert first["Location"] == second["Location"]
    assert len(sent()) == 3


def test_a_key_of_another_form_is_not_used(sam):
    assert send(sam, idempotency_key="é" * 300).status_code == 303
    assert all(len(each.key) < 60 for each in sent())


def test_a_refusal_is_a_life_too(sam):
    refused = submission(
        "post_transfer",
        {"from": "customers:ada", "to": "outside:bank", "amount": 10**9},
        principal=SAM.principal,
    )
    asked = run([refused])[0]
    said = text(sam, f"{PAGE}?{urlencode({'request': asked.request})}")
    assert "Nothing changed, so the log does not know of it." in said


def test_busy_is_said_and_the_key_stays(sam, monkeypatch):
    def busy(asked):
        raise Busy

    monkeypatch.setattr("config.roads.comparing.dispatch", busy)
    drawn = key_in(sam.get(PAGE))
    answer = sam.post(PAGE, {"idempotency_key": drawn})
    assert (answer.status_code, key_in(answer)) == (503, drawn)
    assert "The ledger is busy" in answer.text


def test_what_is_not_there_is_not_found(sam):
    nowhere = "01a227e2-bc59-7b52-8beb-01e1a0d0e64f"
    assert sam.get(f"{PAGE}?request={nowhere}").status_code == 404
    assert sam.get(f"{PAGE}?request=x").status_code == 200


def test_it_takes_a_csrf_token(demo):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user(SAM))
    assert strict.post(PAGE).status_code == 403
    assert sent() == []
