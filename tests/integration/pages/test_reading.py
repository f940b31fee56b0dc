"""Pages that show: each thing to whom it belongs, in few queries, however much there is."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projections.ledger import charts, views
from tests.examples.asking import ask
from tests.examples.http import Api
from tests.examples.ledger import open_account, pay
from tests.examples.pages import browser, holding, ordering, paying, rows, text
from tests.examples.people import ANN, BOB, EVE, SAM, VIC

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(january):
    return january


# --- accounts --------------------------------------------------------------------------------


def test_home_shows_ones_own_accounts_and_accounts_all_that_one_may_see(ann):
    sam = browser(SAM)
    ask(open_account("sams", owner=SAM.id))
    assert re.findall('/accounts/(sams|ann|bob)"', sam.get("/").content.decode()) == ["sams"]
    assert [row[0] for row in rows(sam, "/accounts/")[1:]] == ["ann", "bob", "sams", "world"]
    assert "6.00 EUR available" in text(ann, "/")


def test_home_draws_the_balances_that_each_account_had_last(ann, monkeypatch):
    monkeypatch.setattr(charts, "SPARKS", 2)
    ask(open_account("ann:new", owner=ANN.id))
    html = ann.get("/").content.decode()
    assert re.findall(r'label="(Balance [^"]+)".*?points="([^"]+)"', html) == [
        ("Balance over the last 2 entries", "0.0,2.0 50.0,14.0 100.0,26.0")
    ]


def test_home_says_what_of_ones_own_waits_and_what_is_held(ann):
    assert "What waits" not in text(ann, "/")
    ann.post("/transfers/new", paying(later="1", description="Tomorrow"))
    ann.post("/accounts/ann/holds/new", holding(amount="1.00"))
    shown = text(ann, "/")
    assert "Post transfer ann → bob: Tomorrow pending" in shown
    assert "5.00 EUR available of 6.00 posted, 1.00 held" in shown
    assert "What waits" not in text(browser(BOB), "/")


def test_staff_without_accounts_of_their_own_begin_with_all(ann):
    assert [row[0] for row in rows(browser(VIC), "/")[1:]] == ["ann", "bob", "world"]


def test_they_too_are_told_there_what_they_asked_for_that_waits(ann):
    sam = browser(SAM)
    assert "What waits" not in text(sam, "/")
    sam.post("/transfers/new", paying(later="1", description="Tomorrow"))
    assert "What waits" in text(sam, "/")
    assert "Post transfer ann → bob: Tomorrow pending" in text(sam, "/")
    assert "What waits" not in text(sam, "/accounts/")
    assert "What waits" not in text(browser(VIC), "/")


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
    from commands.engine import pages

    for key in ("k-1", "k-2", "k-3"):
        ann.post("/transfers/new", paying(description=key, idempotency_key=key, amount="0.01"))
    monkeypatch.setattr(pages, "PAGE", 2)
    first = ann.get("/requests/").content.decode()
    assert [row[1][-3:] for row in rows(ann, "/requests/")[1:]] == ["k-3", "k-2"]
    following = re.search(r'rel="next" href="([^"]+)"', first)[1]
    assert [row[1][-3:] for row in rows(ann, f"/requests/{following}")[1:]] == ["k-1"]


# --- how much it costs -----------------------------------------------------------------------

WHO = 4
"""Session, user, the rights of the user and their groups, and what is new to them."""
PAGES = {
    "/": 11,
    "/activity": 7,
    "/activity?account=ann&kind=debited&since=2026-01-01&until=2026-12-31": 9,
    "/accounts/": 3,
    "/accounts/new": 0,
    "/accounts/ann": 9,
    "/accounts/ann?since=2026-01-06&order=asc": 9,
    "/accounts/ann/edit": 2,
    "/accounts/ann?as_of=2026-01-10&at_position=9": 11,
    "/accounts/ann?q=Tea": 10,
    "/accounts/ann/why": 6,
    "/accounts/ann/why?at_position=9": 13,
    "/accounts/ann/statement": 9,
    "/accounts/ann/statement.csv": 6,
    "/accounts/ann/holds": 5,
    "/accounts/ann/holds?incoming=yes": 5,
    "/accounts/ann/holds/new": 3,
    "{hold}": 7,
    "/accounts/ann/alert": 2,
    "/accounts/ann/sweep": 3,
    "/standing-orders/": 4,
    "/standing-orders/?account=ann&status=open": 4,
    "/standing-orders/new": 1,
    "{order}": 6,
    "{order}/cancel": 6,
    "/books/": 2,
    "/bulk/new": 0,
    "/bulk/new?of=accounts": 0,
    "/bulk/transfers.csv": 0,
    "/transfers/new": 1,
    "/transfers/new?legs=5": 1,
    "{transfer}": 6,
    "/requests/": 1,
    "{request}": 9,
    "/search/accounts?q=a": 1,
    "/me/": 0,
    "/me/password": 0,
    "/me/tokens": 1,
    "/me/tokens/new": 0,
}
"""How many queries a page makes beside those, at most."""


@pytest.mark.parametrize("path", PAGES)
def test_a_page_makes_as_many_queries_for_much_as_for_little(ann, path, settings):
    settings.DAYBOOK_SELF_SERVICE = True
    posted = ann.post("/transfers/new", paying(amount="0.01"))
    held = ann.post("/accounts/ann/holds/new", holding(amount="0.01"))
    ordered = ann.post("/standing-orders/new", ordering("k"))
    at = path.format(
        order=ordered["Location"],
        transfer=posted["Location"],
        request=f"/requests/{posted['Daybook-Request']}",
        hold=held["Location"],
    )
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
            ann.post("/standing-orders/new", ordering(f"{number}{more}"))
            for to in ("bob", ""):
                key = f"h{number}{more}{to}"
                body = holding(amount="0.01", payee=to, idempotency_key=key)
                assert ann.post("/accounts/ann/holds/new", body).status_code == 303
    assert counts[0] == counts[1] <= WHO + PAGES[path]


def test_a_bulk_shows_its_commands_in_their_order_with_their_outcomes(ann):
    asked = {"from": "ann", "to": "world", "amount": 1}
    commands = [
        {"command": "post_transfer", "data": asked | {"amount": 10**9}},
        {"command": "post_transfer", "data": asked},
        {"command": "change_account_details", "data": {"account": "ann", "name": "A."}},
    ]
    body = {"atomic": False, "commands": commands}
    answer = Api(ANN).post("/bulk", body)
    path = f"/requests/{answer['Daybook-Request']}"
    assert [row[-1][:8] for row in rows(ann, path)[1:]] == ["refused ", "succeede", "succeede"]
    assert "3 commands, each for itself" in text(ann, path)
    refused = Api(ANN).post("/bulk", {**body, "atomic": True})
    path = f"/requests/{refused['Daybook-Request']}"
    assert "Change account details" in text(ann, path)
    assert "3 commands, all or none" in text(ann, "/requests/")


def test_a_form_that_is_sent_makes_few_queries_beside_the_command(ann):
    with CaptureQueriesContext(connection) as made:
        assert ann.post("/transfers/new", paying()).status_code == 303
    assert len(made) <= WHO + 6, [each["sql"][:80] for each in made]
