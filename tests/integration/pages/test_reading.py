"""Pages that show: each thing to whom it belongs, in few queries, however much there is."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projections.ledger import statements, views
from projections.ledger.models import Balance
from tests.examples.asking import ask, rich
from tests.examples.ledger import credit, debit, open_account, pay, transfer
from tests.examples.people import ANN, BOB, EVE, SAM, VIC
from tests.integration.pages.test_forms import browser, paying, read

pytestmark = pytest.mark.django_db

DAY = date(2026, 1, 10)


def text(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return read(answer.content.decode())


def rows(client, path: str) -> list[list[str]]:
    """The table of a page, cell by cell."""
    html = client.get(path).content.decode()
    lines = re.findall(r"<tr.*?</tr>", html, re.DOTALL)
    return [[read(cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", line, re.DOTALL)]
            for line in lines]  # fmt: skip


@pytest.fixture
def ann():
    """Ann's account: 10.00 put in, then 1.00 out on each of the days before and after DAY."""
    ask(open_account("world", overdraft_limit=None), key="open-world")
    rich("ann", 0, owner=ANN)
    rich("bob", 0, owner=BOB)
    ask(pay("world", "ann", 1_000, effective_on=DAY - timedelta(5), description="Salary"))
    for days in (3, -1, 1, 0):  # Recorded out of the order of their dates.
        about = {"description": f"day {days}", "reference": f"r{days}"}
        ask(pay("ann", "bob", 100, effective_on=DAY + timedelta(days), **about))
    return browser(ANN)


# --- accounts --------------------------------------------------------------------------------


def test_home_shows_ones_own_accounts_and_accounts_all_that_one_may_see(ann):
    sam = browser(SAM)
    ask(open_account("sams", owner=SAM.id))
    assert re.findall('/accounts/(sams|ann|bob)"', sam.get("/").content.decode()) == ["sams"]
    assert [row[0] for row in rows(sam, "/accounts/")[1:]] == ["ann", "bob", "sams", "world"]
    assert "6.00 EUR available" in text(ann, "/")


def test_staff_without_accounts_of_their_own_begin_with_all(ann):
    assert [row[0] for row in rows(browser(VIC), "/")[1:]] == ["ann", "bob", "world"]


def test_who_has_no_account_is_told_how_to_get_one(settings):
    eve = browser(EVE)
    assert "Staff open one for you" in text(eve, "/")
    assert "There is no account that you may see yet." in text(eve, "/accounts/")
    settings.DAYBOOK_SELF_SERVICE = True
    assert "Open your first account" in text(eve, "/")


def test_accounts_are_found_by_how_their_code_begins(ann):
    vic = browser(VIC)
    assert [row[0] for row in rows(vic, "/accounts/?prefix=a")[1:]] == ["ann"]
    assert "begins with “<zz>”" in text(vic, "/accounts/?prefix=<zz>")


def test_accounts_come_in_pages_that_keep_the_filter(ann, monkeypatch):
    monkeypatch.setattr(views, "PAGE", 2)
    sam = browser(SAM)
    ask(open_account("ann:2", owner=ANN.id))
    ask(open_account("ann:3", owner=ANN.id))
    first = sam.get("/accounts/?prefix=ann").content.decode()
    following = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    assert [row[0] for row in rows(sam, f"/accounts/{following}")[1:]] == ["ann:3"]


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


# --- transfers and requests ------------------------------------------------------------------


def test_a_transfer_shows_both_sides_and_leads_to_what_one_may_see(ann):
    ann.post("/transfers/new", paying(amount="2.50", reference="r-9", effective_on="2026-01-12"))
    path = re.findall("/transfers/[0-9a-f-]{36}", ann.get("/accounts/ann").content.decode())[1]
    shown = text(ann, path)
    for word in ("Tea", "r-9", "2026-01-12", "bob", "2.50"):
        assert word in shown
    html = ann.get(path).content.decode()
    assert '"/accounts/ann"' in html
    assert '"/accounts/bob"' not in html
    request = re.search("/requests/[0-9a-f-]{36}", html)[0]
    assert "Post transfer" in text(ann, request)
    assert request not in browser(BOB).get(path).content.decode(), "it was not Bob who asked"
    assert request in browser(VIC).get(path).content.decode()


def test_requests_are_ones_own_with_their_outcomes(ann):
    ann.post("/transfers/new", paying())
    ann.post("/transfers/new", paying(amount="99", idempotency_key="k-2"))
    refused, done = rows(ann, "/requests/")[1:]
    assert refused[1:] == [
        "Post transfer ann → bob: Tea",
        "refused The account does not have this much available.",
    ]
    assert done[1:] == ["Post transfer ann → bob: Tea", "succeeded"]
    assert "You have asked for nothing yet." in text(browser(BOB), "/requests/")


def test_a_refused_request_is_shown_with_its_facts_and_what_was_asked(ann):
    ann.post("/transfers/new", paying(amount="99"))
    path = re.search("/requests/[0-9a-f-]{36}", ann.get("/requests/").content.decode())[0]
    shown = text(ann, path)
    assert "Available 6.00 EUR Requested 99.00 EUR" in shown
    assert "amount 99.00 EUR" in shown
    assert browser(BOB).get(path).status_code == 404
    assert browser(VIC).get(path).status_code == 200


def test_requests_come_in_pages_newest_first(ann, monkeypatch):
    from commands.engine import views as forms

    for key in ("k-1", "k-2", "k-3"):
        ann.post("/transfers/new", paying(description=key, idempotency_key=key, amount="0.01"))
    monkeypatch.setattr(forms, "PAGE", 2)
    first = ann.get("/requests/").content.decode()
    assert [row[1][-3:] for row in rows(ann, "/requests/")[1:]] == ["k-3", "k-2"]
    following = re.search(r'rel="next" href="([^"]+)"', first)[1]
    assert [row[1][-3:] for row in rows(ann, f"/requests/{following}")[1:]] == ["k-1"]


# --- how much it costs -----------------------------------------------------------------------

WHO = 4
"""Session, user, and the rights that the user and their groups have."""
PAGES = {
    "/": 3,
    "/accounts/": 3,
    "/accounts/new": 0,
    "/accounts/ann": 4,
    "/accounts/ann?since=2026-01-06&order=asc": 5,
    "/accounts/ann/edit": 2,
    "/accounts/ann/statement.csv": 6,
    "/transfers/new": 1,
    "/transfers/new?legs=5": 1,
    "{transfer}": 6,
    "/requests/": 1,
    "{request}": 2,
    "/search/accounts?q=a": 1,
}
"""How many queries a page makes beside those, at most."""


@pytest.mark.parametrize("path", PAGES)
def test_a_page_makes_as_many_queries_for_much_as_for_little(ann, path, settings):
    settings.DAYBOOK_SELF_SERVICE = True
    posted = ann.post("/transfers/new", paying(amount="0.01"))
    at = path.format(transfer=posted["Location"], request=f"/requests/{posted['Daybook-Request']}")
    counts = []
    for number in range(2):
        with CaptureQueriesContext(connection) as made:
            answer = ann.get(at)
            assert answer.status_code == 200
            if answer.streaming:
                list(answer.streaming_content)
        counts.append(len(made))
        for more in range(3):
            ask(open_account(f"ann:{number}{more}", owner=ANN.id))
            ask(pay("ann", "bob", 1))
            ann.post("/transfers/new", paying(idempotency_key=f"{number}{more}", amount="0.01"))
    assert counts[0] == counts[1] <= WHO + PAGES[path]


def test_a_form_that_is_sent_makes_few_queries_beside_the_command(ann):
    with CaptureQueriesContext(connection) as made:
        assert ann.post("/transfers/new", paying()).status_code == 303
    assert len(made) <= WHO + 6, [each["sql"][:80] for each in made]
