"""Pages of the trial balance and the tree, and the file."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projections.ledger import reports
from tests.examples.asking import ask
from tests.examples.ledger import open_account, pay
from tests.examples.pages import browser, rows, text
from tests.examples.people import ANN, EVE, VIC

WHO = 4
"""Queries about who looks: session, user, rights, and what is new to them."""

pytestmark = pytest.mark.django_db


@pytest.fixture
def vic(january):
    ask(open_account("never:used"))
    return browser(VIC)


def test_the_trial_balance_has_a_row_for_each_account_and_totals(vic):
    assert rows(vic, "/trial-balance") == [
        ["Account", "Currency", "Normal balance", "Accounts", "Debit", "Credit"],
        ["ann", "EUR", "credit", "1", "", "6.00"],
        ["bob", "EUR", "credit", "1", "", "4.00"],
        ["world", "EUR", "credit", "1", "10.00", ""],
        ["Currency", "Debit", "Credit", "Difference"],
        ["EUR", "10.00", "10.00", "0.00"],
    ]
    assert rows(vic, "/trial-balance?as_of=2026-01-09")[1][-1] == "9.00"


def test_it_comes_in_pages_of_one_position(vic, monkeypatch):
    whole = rows(vic, "/trial-balance")[1:4]
    monkeypatch.setattr(reports, "PAGE", 1)
    seen, following = [], "?"
    while following:
        path = f"/trial-balance{following}"
        seen += [row for row in rows(vic, path) if len(row) == 6][1:]
        found = re.search(r'rel="next" href="([^"]+)"', vic.get(path).content.decode())
        following = found and found[1].replace("&amp;", "&")
    assert seen == whole
    assert "any account on this page" in text(vic, "/trial-balance?after=zz+EUR+2+credit")
    assert rows(vic, "/trial-balance?after=x")[1] == whole[0], "what is no place is the first"


def test_the_file_is_whole_with_decimals(vic):
    answer = vic.get("/trial-balance.csv?as_of=2026-01-09")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    body = b"".join(answer.streaming_content).decode()
    assert list(csv.reader(io.StringIO(body, newline=""))) == [
        ["account", "currency", "normal_balance", "accounts", "debit", "credit"],
        ["ann", "EUR", "credit", "1", "0.00", "9.00"],
        ["bob", "EUR", "credit", "1", "0.00", "1.00"],
        ["world", "EUR", "credit", "1", "10.00", "0.00"],
    ]


def test_the_tree_leads_to_what_is_under_it(vic, january, monkeypatch):
    assert rows(vic, "/balances/tree?depth=1")[1] == [
        "ann", "1", "EUR", "4.00", "10.00", "6.00",
    ]  # fmt: skip
    assert [row[0] for row in rows(january, "/balances/tree")[1:]] == ["ann"]
    assert "that you may see" in text(browser(EVE), "/balances/tree")
    monkeypatch.setattr(reports, "PAGE", 1)
    html = vic.get("/balances/tree").content.decode()
    following = re.search(r'rel="next" href="([^"]+)"', html)[1].replace("&amp;", "&")
    assert rows(vic, f"/balances/tree{following}")[1][0] == "bob"


@pytest.mark.parametrize("path", ["/trial-balance", "/balances/tree"])
@pytest.mark.parametrize(
    "query", ["depth=x", "as_of=2026-02-30", "at_position=99999", "prefix=%00", "after=%00"]
)
def test_what_is_wrong_is_said_at_its_field(vic, path, query):
    name = query.partition("=")[0]
    assert f'id="{name}-wrong"' in vic.get(f"{path}?{query}").content.decode()
    if path == "/trial-balance":
        assert vic.get(f"{path}.csv?{query}").status_code == 400


COSTS = {
    "/trial-balance": 3,
    "/balances/tree": 2,
    "/trial-balance?at_position=9&after=a+EUR+2+credit": 6,
}


@pytest.mark.parametrize("path", COSTS)
def test_a_page_makes_as_many_queries_for_much_as_for_little(vic, path):
    counts = []
    for number in range(2):
        with CaptureQueriesContext(connection) as made:
            assert vic.get(path).status_code == 200
        counts.append(len(made))
        for more in range(3):
            ask(open_account(f"ann:{number}{more}"))
            ask(pay("world", f"ann:{number}{more}", 1))
    assert counts[0] == counts[1] <= WHO + COSTS[path]


def test_the_list_of_accounts_leads_to_what_one_may_see(vic, january):
    for link, who in (("/trial-balance", [vic]), ("/balances/tree", [vic, january])):
        for browsing in (vic, january):
            html = browsing.get("/accounts/").content.decode()
            assert (f'href="{link}' in html) == (browsing in who)
    assert browser(ANN).get("/trial-balance").status_code == 403
