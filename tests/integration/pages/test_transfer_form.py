"""The form of a transfer: several legs, decimals of each account, accounts to choose from."""

import re

import pytest

from tests.examples.asking import ask, rich
from tests.examples.ledger import open_account
from tests.examples.pages import (
    browser,
    key_in,
    paying,
    posted,
    read,
    said_at,
    value_of,
)
from tests.examples.people import ANN, SAM

pytestmark = pytest.mark.django_db


# --- several legs ----------------------------------------------------------------------------


def in_legs(*rows: tuple[str, str, str], **more: str) -> dict[str, str]:
    texts = {"idempotency_key": "k-1"}
    for number, row in enumerate(rows):
        names = (f"legs/{number}/{name}" for name in ("account", "direction", "amount"))
        texts |= dict(zip(names, row, strict=True))
    return texts | more


def test_legs_are_posted_and_a_row_with_nothing_in_it_is_left_out(ann):
    sam = browser(SAM)
    rows = [("ann", "debit", "3"), ("", "credit", ""), ("bob", "credit", "2.50"),
            ("world", "credit", "0.50")]  # fmt: skip
    assert sam.post("/transfers/new", in_legs(*rows)).status_code == 303
    assert (posted("ann"), posted("bob")) == (700, 250)


def test_what_is_wrong_with_a_leg_stands_at_it(ann):
    rows = [("", "debit", ""), ("ann", "debit", "3"), ("nobody", "credit", "3.001")]
    answer = browser(SAM).post("/transfers/new", in_legs(*rows))
    assert said_at(answer, "legs/1/amount") == "'3.001' has more than 2 decimals."
    rows = [("ann", "debit", "30"), ("bob", "credit", "30")]
    answer = browser(SAM).post("/transfers/new", in_legs(*rows))
    assert "Available 10.00 EUR" in said_at(answer, "legs/0/amount")
    rows = [("ann", "debit", "3"), ("bob", "credit", "2")]
    answer = browser(SAM).post("/transfers/new", in_legs(*rows, idempotency_key="k-2"))
    assert answer.status_code == 422
    assert "Difference −1.00 EUR" in read(answer.content.decode())


def test_a_leg_is_added_and_from_to_amount_become_legs(ann):
    page = ann.post("/transfers/new", paying(split="1"))
    assert value_of(page, "legs/0/account") == "ann"
    assert value_of(page, "legs/1/amount") == "2.50"
    rows = [("ann", "debit", "3"), ("bob", "credit", "3")]
    page = ann.post("/transfers/new", in_legs(*rows, add="1", description="Tea"))
    assert value_of(page, "legs/2/account") == ""
    assert value_of(page, "description") == "Tea"
    assert key_in(page) == "k-1"
    assert 'name="legs/2/account"' in ann.get("/transfers/new?legs=3").content.decode()


def test_amounts_are_decimals_of_each_accounts_own_currency(ann):
    ask(open_account("yen", currency="JPY", owner=ANN.id))
    answer = ann.post("/transfers/new", paying(**{"from": "yen", "amount": "1.5"}))
    assert said_at(answer, "amount") == "'1.5' has more than 0 decimals."


# --- choosing an account ---------------------------------------------------------------------


def test_accounts_are_offered_to_choose_from_but_none_that_are_not_to_be_seen(ann):
    page = ann.get("/transfers/new").content.decode()
    assert '<option value="ann">Ann · EUR</option>' in page
    assert 'value="bob"' not in page
    found = browser(SAM).get("/search/accounts?from=b").content.decode()
    assert re.findall('value="([^"]+)"', found) == ["bob"]


def test_a_search_finds_by_the_beginning_and_a_pick_fills_the_field():
    rich("ann", 0, owner=ANN)
    sam = browser(SAM)
    page = sam.post("/transfers/new", paying(**{"from": "an", "search": "from"}))
    assert 'name="pick" value="from=ann"' in page.content.decode()
    page = sam.post("/transfers/new", paying(**{"from": "an", "pick": "from=ann"}))
    assert value_of(page, "from") == "ann"
    page = sam.post("/transfers/new", paying(**{"from": "zz", "search": "from"}))
    assert "No account that you may see begins with" in page.content.decode()
