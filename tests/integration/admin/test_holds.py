"""The windows on holds and on the book."""

from datetime import date
from uuid import UUID

import pytest

from commands.ledger.messages import CaptureHold, CloseBooks, PlaceHold
from tests.examples.asking import ask
from tests.examples.people import CLEO
from tests.integration.admin.windows import listed, shown, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(vic) -> str:
    """A hold on Ann's account for `world`."""
    placed = ask(PlaceHold(account="ann", amount=10, payee="world", reference="h-1"))
    return placed.body["hold"]["id"]


def test_a_hold_leads_to_its_account_payee_captures_and_events(vic, held):
    done = ask(CaptureHold(account="ann", hold=UUID(held), amount=4, final=False)).body
    page = vic.get(shown("ledger_hold", held))
    for words in ("Amount: 0.10", "Remaining: 0.06", "Status: open", "Reference: h-1"):
        assert words in text(page)
    for window, row in (
        ("ledger_balance", "ann"),
        ("ledger_balance", "world"),
        ("ledger_transfer", done["transfer"]["id"]),
        ("eventstore_event", done["hold"]["position"]),
    ):
        assert shown(window, row) in page.content.decode()
    event = vic.get(shown("eventstore_event", done["hold"]["position"])).content.decode()
    assert shown("ledger_hold", held) in event


def test_holds_are_found_by_their_id_account_and_status(vic, held):
    for query, many in (
        ({"q": held}, 1),
        ({"q": "ann"}, 1),
        ({"q": "an"}, 0),
        ({"status": "open"}, 1),
        ({"status": "released"}, 0),
    ):
        found = vic.get(listed("ledger_hold"), query).context["cl"].result_list
        assert len(found) == many, query


def test_the_holds_of_an_account_come_in_pages(vic):
    made = [ask(PlaceHold(account="ann", amount=1)).body["hold"]["id"] for _ in range(103)]
    for query in ("", "?q=ann"):
        first = vic.get(listed("ledger_hold") + query).context["cl"]
        second = vic.get(listed("ledger_hold") + first.following).context["cl"]
        seen = [str(row.id) for row in (*first.result_list, *second.result_list)]
        assert seen == made[::-1]


def test_the_book_shows_what_is_closed_and_leads_to_how_that_came_about(vic):
    ask(CloseBooks(through=date(2026, 1, 31), reason="Reconciled"), by=CLEO)
    page = vic.get(shown("ledger_book", "main"))
    assert "2026-01-31" in text(page)
    stream = shown("eventstore_stream", "book-main")
    assert stream in page.content.decode()
    assert shown("ledger_book", "main") in vic.get(stream).content.decode()
