"""Statements: by business date, between two balances, in pages and as a file."""

import csv
import io
import re
from datetime import date

import pytest

from projections.ledger import statements, views
from projections.ledger.models import Balance
from tests.examples.asking import ask, rich
from tests.examples.ledger import credit, debit, open_account, pay, transfer
from tests.examples.pages import (
    browser,
    rows,
    text,
)
from tests.examples.people import ANN, SAM

pytestmark = pytest.mark.django_db


DAY = date(2026, 1, 10)


@pytest.fixture
def ann(january):
    return january


# --- statements ------------------------------------------------------------------------------


def test_a_statement_is_by_business_date_between_an_opening_and_a_closing_balance(ann):
    assert rows(ann, "/accounts/ann?order=asc")[1:] == [
        ["Opening balance", "0.00"],
        ["2026-01-05", "Salary", "", "", "10.00", "10.00"],
        ["2026-01-09", "day -1", "r-1", "1.00", "", "9.00"],
        ["2026-01-10", "day 0", "r0", "1.00", "", "8.00"],
        ["2026-01-11", "day 1", "r1", "1.00", "", "7.00"],
        ["2026-01-13", "day 3", "r3", "1.00", "", "6.00"],
        ["Closing balance", "6.00"],
    ]


def test_newest_first_it_reads_the_same_from_bottom_to_top(ann):
    upwards = rows(ann, "/accounts/ann?order=asc")[1:]
    assert rows(ann, "/accounts/ann")[1:] == upwards[::-1]


@pytest.mark.parametrize("order", ["asc", ""])
def test_a_time_has_the_balances_of_its_edges(ann, order):
    found = rows(ann, f"/accounts/ann?since=2026-01-09&until=2026-01-11&order={order}")[1:]
    assert (found if order else found[::-1]) == [
        ["Opening balance", "10.00"],
        ["2026-01-09", "day -1", "r-1", "1.00", "", "9.00"],
        ["2026-01-10", "day 0", "r0", "1.00", "", "8.00"],
        ["2026-01-11", "day 1", "r1", "1.00", "", "7.00"],
        ["Closing balance", "7.00"],
    ]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_of_a_statement_are_the_whole_in_pieces(ann, monkeypatch, order):
    ask(transfer(debit("world", 7), credit("ann", 7), effective_on=DAY))
    query = f"order={order}&since=2026-01-09"
    whole = rows(ann, f"/accounts/ann?{query}")[1:]
    monkeypatch.setattr(views, "PAGE", 2)
    pieces, following = [], f"?{query}"
    while following:
        path = f"/accounts/ann{following}"
        pieces += rows(ann, path)[1:]
        found = re.search(r'rel="next" href="([^"]+)"', ann.get(path).content.decode())
        following = found and found[1].replace("&amp;", "&")
    assert pieces == whole


def test_a_debit_normal_account_grows_by_debits():
    ask(open_account("world", overdraft_limit=None))
    ask(open_account("till", normal_balance="debit"))
    ask(pay("till", "world", 250))
    found = rows(browser(SAM), "/accounts/till?order=asc")
    assert [row[-1] for row in found[1:]] == ["0.00", "2.50", "2.50"]


def test_an_empty_statement_says_why(ann):
    assert "The balance stayed at 10.00 EUR." in text(
        ann, "/accounts/ann?since=2026-01-06&until=2026-01-07&order=asc"
    )
    assert "The balance stayed at 10.00 EUR." in text(
        ann, "/accounts/ann?since=2026-01-06&until=2026-01-07"
    )
    ask(open_account("ann:2", owner=ANN.id))
    assert "Nothing has been posted to this account yet." in text(ann, "/accounts/ann:2")


@pytest.mark.parametrize("query", ["since=x", "until=2026-02-30", "until=１"])
def test_a_date_that_is_none_is_said_so_at_its_field(ann, query):
    assert "This must be a date like 2026-01-31." in text(ann, f"/accounts/ann?{query}")
    assert ann.get(f"/accounts/ann/statement.csv?{query}").status_code == 400


@pytest.mark.parametrize(
    "after", ["x", "2026-01-10", "2026-01-10_x", "_5", "2026-01-10_" + "9" * 30]
)
def test_a_place_that_is_none_begins_at_the_beginning(ann, after):
    assert len(rows(ann, f"/accounts/ann?after={after}")) == 8


def test_a_number_of_any_size_has_all_its_digits():
    ask(open_account("world", overdraft_limit=None))
    rich("ann", 10**38 - 1, owner=ANN)
    assert "999,999,999,999,999,999,999,999,999,999,999,999.99 EUR" in text(
        browser(ANN), "/accounts/ann"
    )


# --- CSV -------------------------------------------------------------------------------------


def csv_of(client, query: str = "", code: str = "ann") -> list[dict[str, str]]:
    answer = client.get(f"/accounts/{code}/statement.csv{query}")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    body = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(body, newline="")))


def test_a_file_has_the_lines_of_the_same_filter_oldest_first(ann):
    found = csv_of(ann, "?since=2026-01-09&until=2026-01-10")
    columns = ("effective_on", "description", "debit", "credit", "balance", "currency")
    assert [[line[name] for name in columns] for line in found] == [
        ["2026-01-09", "day -1", "1.00", "", "9.00", "EUR"],
        ["2026-01-10", "day 0", "1.00", "", "8.00", "EUR"],
    ]


def test_a_file_is_read_in_pieces_as_of_the_position_at_which_it_began(ann):
    found = Balance.objects.get(account="ann")
    position = statements.queries.entries(found, limit=99)[-1].position
    whole = {"since": None, "until": None, "position": position}
    lines = statements.whole_statement(found, **whole, chunk=2)
    first = next(lines)
    ask(pay("ann", "bob", 300, effective_on=DAY))
    rest = [first, *lines]
    assert [line.balance for line in rest] == [1_000, 900, 800, 700, 600]
    assert rest == list(statements.whole_statement(found, **whole))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1"])
def test_no_text_in_a_file_is_a_formula(ann, text):
    ask(pay("ann", "bob", 1, description=text, reference=text))
    line = csv_of(ann)[-1]
    assert (line["description"], line["reference"]) == (f"'{text}", f"'{text}")
