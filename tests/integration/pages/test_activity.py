"""What happened, as sentences: on the first page, and on one of its own with filters."""

import re

import pytest

from projections.ledger import activity_views, views
from projections.ledger.models import Balance, Hold, Transfer
from tests.examples.asking import ask
from tests.examples.clock import standing
from tests.examples.following import follow
from tests.examples.happening import everything
from tests.examples.ledger import pay
from tests.examples.pages import browser, rows, text
from tests.examples.people import ANN, BOB, EVE, VIC

pytestmark = pytest.mark.django_db

ANNS = """
Reopened: Back
Closed: Left
Unfrozen: Found
Frozen for debits: Stolen
Sweep switched off
Sweep set: all beyond 90.00 EUR goes to bob
Alert set to less than 10.00 EUR available
Overdraft limit set to 123.45 EUR: Asked for
Renamed to “Ann A.”, with other metadata
3.00 EUR went out to ann
3.00 EUR went out to ann:till
2 holds of 0.50 EUR in all expired
0.30 EUR set aside
0.20 EUR set aside
Hold of 7.00 EUR released: No show
1.50 EUR went out to bob, captured from a hold
7.00 EUR set aside
4.00 EUR set aside for bob: table-4
1.00 EUR came in from ann:till
3.00 EUR came in from 2 accounts
2.50 EUR came in from bob, undoing a transfer: Cold
2.50 EUR went out to bob: Tea
Opened as “Ann:Till”, in EUR
50.00 EUR came in from world
Opened as “Ann”, in EUR
"""


@pytest.fixture
def ann():
    with standing() as clock:
        everything(clock)
        follow()
        yield browser(ANN)


def sentences(client, path):
    return [row[1].replace(" : ", ": ") for row in rows(client, path)[1:]]  # A link ends there.


def test_each_thing_that_happened_is_a_sentence(ann):
    assert sentences(ann, "/activity") == ANNS.strip().splitlines()
    assert [row[0] for row in rows(ann, "/activity")[1:]] == sorted(
        (row[0] for row in rows(ann, "/activity")[1:]), reverse=True
    )
    assert ["2026-11-23 12:00:00", "Opened as “Ann”, in EUR", "ann Ann A."] in rows(
        ann, "/activity"
    )


def test_amounts_have_the_decimals_of_the_currency(ann):
    Balance.objects.filter(account="bob").update(exponent=3, currency="KWD")
    assert "0.250 KWD came in from ann: Tea" in sentences(browser(BOB), "/activity")


def test_it_leads_to_its_transfer_hold_and_account(ann):
    html = ann.get("/activity").content.decode()
    links = set(re.findall(r'href="(/(?:accounts|transfers)/[^"]+)"', html))
    tea = Transfer.objects.get(description="Tea", reverses=None)
    kept = Hold.objects.get(reference="table-4")
    assert {f"/transfers/{tea.id}", f"/accounts/ann/holds/{kept.id}", "/accounts/ann:till"} <= links
    for link in links - {"/accounts/"}:
        assert ann.get(link).status_code == 200, link


def test_one_sees_what_happened_to_ones_own_accounts_and_staff_to_all(ann):
    def accounts(person, query=""):
        return {row[2].partition(" ")[0] for row in rows(browser(person), f"/activity{query}")[1:]}

    assert accounts(BOB) == {"bob"}
    assert accounts(VIC) == {"ann", "ann:till", "bob", "world"}
    assert accounts(VIC, "?account=ann:till") == {"ann:till"}
    assert accounts(BOB, "?account=ann") == set()
    assert "Nothing like this happened" in text(browser(BOB), "/activity?account=ann")
    assert "Nothing has happened to an account of yours yet." in text(browser(EVE), "/activity")


def test_it_is_filtered_by_account_kind_and_day(ann):
    assert sentences(ann, "/activity?kind=frozen") == ["Frozen for debits: Stolen"]
    assert sentences(ann, "/activity?account=ann:till&since=2026-11-24")[::2] == [
        "Reopened: Back",
        "3.00 EUR went out to ann",
    ]
    assert len(sentences(ann, "/activity?until=2026-11-23")) == 7
    html = ann.get("/activity?kind=frozen&account=ann&since=2026-11-25").content.decode()
    assert '<option value="frozen" selected>frozen</option>' in html
    for value in ('value="ann"', 'value="2026-11-25"'):
        assert value in html


def test_what_is_not_understood_is_said_and_left_out(ann):
    everything_ = sentences(ann, "/activity")
    assert sentences(ann, "/activity?kind=stolen&after=x") == everything_
    shown = text(ann, "/activity?since=soon")
    assert "This must be a date like 2026-01-31." in shown
    assert sentences(ann, "/activity?since=soon") == everything_


def test_pages_keep_the_filters_and_lead_back(ann, monkeypatch):
    monkeypatch.setattr(activity_views, "PAGE", 2)
    path, found = "/activity?account=ann&kind=hold_placed", []
    while path:
        html = ann.get(path).content.decode()
        found += sentences(ann, path)
        following = re.search(r'rel="next" href="([^"]+)"', html)
        path = following and "/activity" + following[1].replace("&amp;", "&")
    assert sorted(found) == sorted(each for each in ANNS.splitlines() if "set aside" in each)
    assert "Back to the first page" in text(ann, "/activity?after=1")


def test_the_first_page_has_the_last_of_it(ann, monkeypatch):
    assert sentences(ann, "/") == sentences(ann, "/activity")[: views.LATEST]
    assert 'href="/activity"' in ann.get("/").content.decode()
    assert "yet to be told" not in text(ann, "/")
    ask(pay("ann", "bob", 1))
    assert "yet to be told" in text(ann, "/")
    follow()
    assert sentences(ann, "/")[0] == "0.01 EUR went out to bob"


def test_what_somebody_writes_is_shown_as_it_stands(ann):
    ask(pay("ann", "bob", 1, description="<b>&</b>"))
    follow()
    assert "0.01 EUR went out to bob: <b>&</b>" in sentences(ann, "/")
    assert "<b>&" not in ann.get("/").content.decode()
