"""Why a balance is what it is: the page adds it up, event by event, as of now and of then."""

import re

import pytest

from commands.ledger.messages import PlaceHold
from eventstore.store import latest_position, read_stream
from projections.ledger import statements, why
from tests.examples.asking import ask, rich
from tests.examples.ledger import pay
from tests.examples.pages import browser, paying, rows, text
from tests.examples.people import ANN, BOB, SAM, VIC

pytestmark = pytest.mark.django_db

ADDED, BALANCE = -2, -1


@pytest.fixture
def ann(january):
    return january


def sums(client, query=""):
    """The two sums of the page: what was posted, and what of it is available."""
    found = [row for row in rows(client, f"/accounts/ann/why{query}") if row[0] != "Event"]
    cut = next(n for n, row in enumerate(found) if row[0] in ("Posted", "Balance then"))
    return found[: cut + 1], found[cut + 2 :]


def test_it_adds_up_every_event_in_the_order_of_the_log(ann):
    posted, _ = sums(ann)
    assert [row[ADDED:] for row in posted[1:-1]] == [
        ["+10.00", "10.00"],
        ["−1.00", "9.00"],
        ["−1.00", "8.00"],
        ["−1.00", "7.00"],
        ["−1.00", "6.00"],
    ]
    assert (posted[0], posted[-1]) == (["The account was opened", "0.00"], ["Posted", "6.00"])
    assert "Why 6.00 EUR?" in text(ann, "/accounts/ann/why")


def test_what_is_held_and_what_may_be_overdrawn_make_the_available_amount(ann):
    ask(PlaceHold(account="ann", amount=150, payee="bob", reference="table 4"))
    _, available = sums(ann)
    assert available == [
        ["Posted", "6.00"],
        ["Held for bob: table 4", "−1.50"],
        ["Available", "4.50"],
    ]


def test_pages_go_back_and_each_begins_with_what_was_before(ann, monkeypatch):
    monkeypatch.setattr(why, "PAGE", 2)
    posted, _ = sums(ann)
    assert [row[BALANCE] for row in posted] == ["8.00", "7.00", "6.00", "6.00"]
    earlier = re.search(r'rel="prev" href="([^"]+)"', ann.get("/accounts/ann/why").content.decode())
    posted, available = sums(ann, earlier[1])
    assert [row[BALANCE] for row in posted] == ["10.00", "9.00", "8.00", "8.00"]
    assert not available, "that is of now"


def test_holds_beyond_those_that_are_named_are_one_figure(ann, monkeypatch):
    monkeypatch.setattr(why, "PAGE", 1)
    for amount in (150, 30, 7):
        ask(PlaceHold(account="ann", amount=amount, reference=f"r{amount}"))
    _, available = sums(ann)
    assert available[1:] == [
        ["Held: r150", "−1.50"], ["All other holds", "−0.37"], ["Available", "4.13"],
    ]  # fmt: skip


def test_it_adds_up_what_was_known_then(ann):
    ask(PlaceHold(account="ann", amount=150, reference="early"))
    then = latest_position()
    ask(pay("ann", "bob", 250))
    ask(PlaceHold(account="ann", amount=100, reference="late"))
    posted, available = sums(ann, f"?at_position={then}")
    assert posted[-1] == ["Posted", "6.00"]
    assert available == [["Posted", "6.00"], ["Held: early", "−1.50"], ["Available", "4.50"]]
    assert "The log ends at position" in text(ann, "/accounts/ann/why?at_position=99999")


def test_each_event_leads_to_its_transfer_its_moment_and_for_who_asked_its_request(ann):
    ann.post("/transfers/new", paying())
    html = ann.get("/accounts/ann/why").content.decode()
    last = list(read_stream("account-ann"))[-1]
    assert f"/transfers/{last.data['transfer']}" in html
    assert f"/accounts/ann?at_position={last.position}" in html
    assert html.count("/requests/") - html.count('"/requests/"') == 1, "the others she did not ask"
    assert "/admin/" not in html
    every = browser(VIC).get("/accounts/ann/why").content.decode()
    assert f"/requests/{last.metadata['request']}" in every


def test_it_is_not_for_others(ann):
    assert browser(BOB).get("/accounts/ann/why").status_code == 404


def test_an_account_to_which_nothing_was_posted_has_nothing_to_add():
    rich("ann", 0, owner=ANN)
    posted, available = sums(browser(ANN))
    assert posted == [["The account was opened", "0.00"], ["Posted", "0.00"]]
    assert available[-1] == ["Available", "0.00"]


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "１"])
def test_a_page_that_is_none_is_the_latest(ann, before):
    assert sums(ann, f"?before={before}")[0][-1] == ["Posted", "6.00"]


def test_before_the_first_event_there_was_nothing(ann):
    assert sums(ann, "?before=1")[0] == [
        ["The account was opened", "0.00"],
        ["Balance then", "0.00"],
    ]


# --- the account as it stood ----------------------------------------------------------------


def at_event(client, number):
    return client.get(f"/accounts/ann?event={number}", follow=True)


def test_the_account_is_shown_as_it_stood_after_any_of_its_events(ann):
    events = list(read_stream("account-ann"))
    answer = at_event(ann, 2)
    assert answer.redirect_chain == [(f"/accounts/ann?at_position={events[1].position}", 302)]
    html = answer.content.decode()
    assert "As it stood after event 2 of 6" in html
    assert re.search(r'type="range" min="1" max="6" value="2"', html)
    assert "?event=1" in html
    assert "?event=3" in html


@pytest.mark.parametrize("number", ["6", "7", "0", "x", "", "9" * 30])
def test_its_last_event_is_what_is_now(ann, number):
    assert at_event(ann, number).redirect_chain[-1][0] == "/accounts/ann?"


def test_what_was_held_then_is_shown_then(ann):
    placed = ask(PlaceHold(account="ann", amount=150, reference="table 4"))
    ask(pay("ann", "bob", 1))
    sam = browser(SAM)
    assert "table 4" in text(sam, f"/accounts/ann?at_position={placed.position}")
    assert "table 4" not in text(sam, f"/accounts/ann?at_position={placed.position - 1}")
    assert "Capture" in text(sam, "/accounts/ann")
    assert "Capture" not in text(sam, f"/accounts/ann?at_position={placed.position}")


# --- lines with a text ------------------------------------------------------------------------


def test_lines_are_found_by_a_text_with_the_balances_that_they_have_among_all(ann):
    ask(pay("world", "ann", 33, reference="gift_1", description="Gift"))
    assert rows(ann, "/accounts/ann?q=DAY 1&order=asc")[1:] == [
        ["2026-01-11", "day 1", "r1", "1.00", "", "7.00"]
    ]
    found = rows(ann, "/accounts/ann?q=r&order=asc")[1:]
    assert [row[-1] for row in found] == ["10.00", "9.00", "8.00", "7.00", "6.00"]
    assert [row[1] for row in rows(ann, "/accounts/ann?q=gift_")[1:]] == ["Gift"]
    for nothing in ("r%", "d_y", "\\"):
        assert "No line has" in text(ann, f"/accounts/ann?q={nothing.replace('%', '%25')}")


def test_a_text_and_pages_and_dates_go_together(ann, monkeypatch):
    monkeypatch.setattr("projections.ledger.views.PAGE", 1)
    path = "/accounts/ann?q=day&since=2026-01-10"
    assert [row[1] for row in rows(ann, path)[1:]] == ["day 3"]
    following = re.search(r'rel="next" href="([^"]+)"', ann.get(path).content.decode())[1]
    second = rows(ann, f"/accounts/ann{following.replace('&amp;', '&')}")[1:]
    assert [row[1:] for row in second] == [["day 1", "r1", "1.00", "", "7.00"]]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_so_many_lines_are_looked_through_at_a_time(ann, monkeypatch, order):
    monkeypatch.setattr(statements, "LOOKED_AT", 2)
    path, found, pages = f"/accounts/ann?q=day&order={order}", [], 0
    while path:
        html = ann.get(path).content.decode()
        found += [row[1] for row in rows(ann, path)[1:]]
        following = re.search(r'rel="next" href="([^"]+)"', html)
        path = following and f"/accounts/ann{following[1].replace('&amp;', '&')}"
        pages += 1
    days = ["day -1", "day 0", "day 1", "day 3"]
    assert found == (days if order == "asc" else days[::-1])
    assert pages == 3
    assert "Look further" in text(ann, "/accounts/ann?q=Salary")


def test_what_is_printed_is_whole_all_the_same(ann):
    html = ann.get("/accounts/ann?q=day").content.decode()
    assert "/accounts/ann/statement.csv" in html
    assert "statement.csv?q" not in html
    lines = b"".join(ann.get("/accounts/ann/statement.csv?q=day").streaming_content)
    assert b"Salary" in lines
