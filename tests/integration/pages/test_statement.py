"""Statements: by business date, between two balances, in pages and as a file."""

import csv
import io
import re
from datetime import date
from html import unescape

import pytest
from django.utils.formats import date_format
from django.utils.translation import override

from eventstore.store import latest_position, read_all
from projections.ledger import printing, statements, views
from projections.ledger.history import Moment
from projections.ledger.models import Balance
from projections.ledger.statements import Cut
from tests.examples.asking import ask, rich
from tests.examples.ledger import credit, debit, open_account, pay, transfer
from tests.examples.pages import (
    browser,
    read,
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


def test_the_same_is_there_for_programs(ann):
    (last,) = read_all(after=latest_position() - 1)
    at = last.recorded_at.replace(tzinfo=None).isoformat()
    for query in (
        "", "since=2026-01-09&until=2026-01-11", "as_of=2026-01-10", f"known_at={at}",
        f"at_position={last.position}", "q=day&order=asc",
    ):  # fmt: skip
        html = ann.get(f"/accounts/ann?{query}").content.decode()
        link = re.search(r'href="(/api/v1/accounts/ann/statement[^"]*)"', html)
        assert ann.get(unescape(link[1])).status_code == 200, query


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
    cut = Cut(Balance.objects.get(account="ann"), Moment(latest_position()))
    lines = statements.whole_statement(cut, chunk=2)
    first = next(lines)
    ask(pay("ann", "bob", 300, effective_on=DAY))
    rest = [first, *lines]
    assert [line.balance for line in rest] == [1_000, 900, 800, 700, 600]
    assert rest == list(statements.whole_statement(cut))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1"])
def test_no_text_in_a_file_is_a_formula(ann, text):
    ask(pay("ann", "bob", 1, description=text, reference=text))
    line = csv_of(ann)[-1]
    assert (line["description"], line["reference"]) == (f"'{text}", f"'{text}")


# --- as of another time ----------------------------------------------------------------------


def test_balance_and_lines_are_of_the_date_that_is_asked_for_and_it_says_so(ann):
    path = "/accounts/ann?as_of=2026-01-10&order=asc"
    assert [row[-1] for row in rows(ann, path)[1:]] == ["0.00", "10.00", "9.00", "8.00", "8.00"]
    shown = text(ann, path)
    assert "This is not what is now, but what has a date up to 2026-01-10." in shown
    assert "Posted 8.00 EUR" in shown
    assert "Available" not in shown
    assert "This is not what is now" not in text(ann, "/accounts/ann")


def test_what_was_known_then_is_shown_at_its_position(ann):
    position = latest_position()
    ask(pay("ann", "bob", 300, effective_on=DAY, description="Dated back"))
    path = f"/accounts/ann?at_position={position}"
    shown = text(ann, path)
    assert f"what was known at position {position}" in shown
    assert "Available 6.00 EUR" in shown
    assert "Dated back" not in shown
    assert "Dated back" in text(ann, "/accounts/ann")


def test_a_time_from_the_form_is_in_utc(ann):
    last = read_all(after=latest_position() - 1)[0].recorded_at.replace(tzinfo=None)
    path = f"/accounts/ann?known_at={last.isoformat()}"
    assert f"the last by {last.isoformat()} UTC" in text(ann, path)
    assert f'value="{last.isoformat()}"' in ann.get(path).content.decode()
    assert ann.get("/accounts/ann?known_at=2020-01-01T00:00").status_code == 404


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("as_of=2026-02-30", "This must be a date like 2026-01-31."),
        ("known_at=noon", "This must be a time like 2026-01-31T12:00, in UTC."),
        ("known_at=2026-13-01T00:00", "This must be a time like 2026-01-31T12:00, in UTC."),
        ("known_at=2999-01-01T00:00", "This time is yet to come."),
        ("at_position=99999", "The log ends at position"),
        ("at_position=x", "This must be an integer from 0"),
        ("known_at=2026-01-01T00:00&at_position=3", "Give this or at_position, not both."),
        ("since=2026-01-11&until=2026-01-10", "This is before the other date."),
    ],
)
def test_a_time_that_is_none_is_said_so_and_what_is_now_is_shown(ann, query, said):
    shown = text(ann, f"/accounts/ann?{query}")
    assert said in shown
    assert "Posted 6.00 EUR" in shown
    assert ann.get(f"/accounts/ann/statement.csv?{query}").status_code == 400
    assert ann.get(f"/accounts/ann/statement?{query}").status_code == 400


def test_links_and_forms_keep_the_time(ann):
    html = ann.get("/accounts/ann?as_of=2026-01-10&since=2026-01-06").content.decode()
    for kept in ("statement?as_of=2026-01-10&amp;since=2026-01-06",
                 "statement.csv?as_of=2026-01-10&amp;since=2026-01-06",
                 'type="hidden" name="as_of" value="2026-01-10"',
                 'type="hidden" name="since" value="2026-01-06"'):  # fmt: skip
        assert kept in html
    assert [line["balance"] for line in csv_of(ann, "?as_of=2026-01-10")][-1] == "8.00"


# --- on paper --------------------------------------------------------------------------------


def test_a_statement_to_be_printed_is_whole_between_its_balances(ann, monkeypatch):
    monkeypatch.setattr(printing, "CHUNK", 2)
    answer = ann.get("/accounts/ann/statement?since=2026-01-09&until=2026-01-31")
    html = b"".join(answer.streaming_content).decode()
    found = [
        [read(cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", line, re.DOTALL)]
        for line in re.findall(r"<tr.*?</tr>", html, re.DOTALL)
    ]
    assert found[1:] == [
        ["Opening balance", "10.00"],
        ["2026-01-09", "day -1", "r-1", "1.00", "", "9.00"],
        ["2026-01-10", "day 0", "r0", "1.00", "", "8.00"],
        ["2026-01-11", "day 1", "r1", "1.00", "", "7.00"],
        ["2026-01-13", "day 3", "r3", "1.00", "", "6.00"],
        ["Closing balance", "6.00"],
    ]
    position = latest_position()
    said = read(html)
    assert "Debits 4.00 Credits 0.00 Closing balance 6.00" in said
    assert f"As it was known at position {position}" in said
    own = f"?since=2026-01-09&amp;until=2026-01-31&amp;at_position={position}"
    assert own in html
    again = ann.get(f"/accounts/ann/statement{own.replace('&amp;', '&')}")
    assert b"".join(again.streaming_content).decode() == html


def test_a_statement_to_be_printed_is_in_the_language_of_who_asked_though_it_is_sent_later(ann):
    with override("de"):
        day = date_format(DAY, "DATE_FORMAT")
        answer = ann.get("/accounts/ann/statement", headers={"Accept-Language": "de"})
    html = b"".join(answer.streaming_content).decode()
    assert '<html lang="de">' in html
    assert day in html
