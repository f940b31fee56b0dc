"""The forms that open an account and change its details."""

import pytest
from django.test import Client

from eventstore.store import read_stream
from projections.ledger.models import Balance
from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.ledger import pay
from tests.examples.pages import browser, key_in, said_at, value_of
from tests.examples.people import ANN, BOB, EVE, SAM

pytestmark = pytest.mark.django_db


def opening(**changed: str) -> dict[str, str]:
    return {"code": "eve", "name": "Eve", "currency": "EUR", "idempotency_key": "k-1"} | changed


def test_staff_open_an_account_for_somebody():
    owner, sam = user(EVE), browser(SAM)
    body = opening(overdraft_limit="25.00", normal_balance="credit", owner="eve")
    assert sam.post("/accounts/new", body)["Location"] == "/accounts/eve"
    found = Balance.objects.get(account="eve")
    assert (found.overdraft_limit, found.owner) == (2_500, owner.id)
    sam.post("/accounts/new", opening(code="out", unlimited="yes", idempotency_key="k-2"))
    assert Balance.objects.get(account="out").overdraft_limit is None


def test_an_owner_or_a_limit_that_cannot_be_read_is_said_at_its_field():
    answer = browser(SAM).post("/accounts/new", opening(owner="nobody", overdraft_limit="-1"))
    assert answer.status_code == 400
    assert said_at(answer, "owner") == "There is no user with this name."
    assert said_at(answer, "overdraft_limit").startswith("'-1' is negative")


def test_an_account_that_exists_is_refused_at_its_code():
    rich("eve", 0)
    answer = browser(SAM).post("/accounts/new", opening())
    assert answer.status_code == 422
    assert said_at(answer, "code").startswith("An account with this code exists already")


def test_where_people_may_they_open_a_plain_account_of_their_own(settings):
    settings.DAYBOOK_SELF_SERVICE = True
    eve = browser(EVE)
    assert "For staff" not in eve.get("/accounts/new").content.decode()
    body = opening(overdraft_limit="1000000", owner="sam", unlimited="yes")
    assert eve.post("/accounts/new", body).status_code == 303
    found = Balance.objects.get(account="eve")
    assert (found.owner, found.overdraft_limit) == (EVE.id, 0)


def editing(client: Client, **changed: str) -> dict[str, str]:
    page = client.get("/accounts/ann/edit")
    texts = {name: value_of(page, name) for name in ("version", "name")}
    return texts | {"idempotency_key": key_in(page), "metadata": ""} | changed


def test_details_are_changed_and_only_what_changed_is_an_event(ann):
    body = editing(ann, metadata="colour: blue\r\na\\: b: c\\nd")
    assert ann.post("/accounts/ann/edit", body)["Location"] == "/accounts/ann"
    assert Balance.objects.get(account="ann").metadata == {"colour": "blue", "a: b": "c\nd"}
    assert read_stream("account-ann")[-1].data == {"metadata": {"colour": "blue", "a: b": "c\nd"}}
    page = ann.get("/accounts/ann/edit").content.decode()
    assert "colour: blue\na\\: b: c\\nd</textarea>" in page


def test_what_changed_meanwhile_is_shown_before_it_can_be_overwritten(ann):
    body = editing(ann, name="Anna")
    ask(pay("ann", "bob", 1))
    answer = ann.post("/accounts/ann/edit", body)
    assert answer.status_code == 412
    assert "Changed meanwhile" in answer.content.decode()
    assert value_of(answer, "name") == "Anna"
    body |= {"version": value_of(answer, "version"), "idempotency_key": key_in(answer)}
    assert ann.post("/accounts/ann/edit", body).status_code == 303
    assert Balance.objects.get(account="ann").name == "Anna"


def test_a_mistake_in_the_form_does_not_overwrite_what_changed_meanwhile(ann):
    body = editing(ann, name="")
    ask(pay("ann", "bob", 1))
    answer = ann.post("/accounts/ann/edit", body)
    assert answer.status_code == 400
    assert value_of(answer, "version") == body["version"]


def test_an_owner_cannot_give_an_account_away_by_a_form_of_their_own(ann):
    ann.post("/accounts/ann/edit", editing(ann, owner="bob"))
    assert Balance.objects.get(account="ann").owner == ANN.id


def test_staff_change_the_owner_by_name(ann):
    user(BOB)
    sam = browser(SAM)
    assert sam.post("/accounts/ann/edit", editing(sam, owner="bob")).status_code == 303
    assert Balance.objects.get(account="ann").owner == BOB.id
    assert sam.post("/accounts/ann/edit", editing(sam, owner="")).status_code == 303
    assert Balance.objects.get(account="ann").owner is None
