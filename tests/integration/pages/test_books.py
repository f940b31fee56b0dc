"""The page of the book's periods, and the form that closes them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from projections.ledger import book_views
from tests.examples.pages import browser, paying, read, rows, said_at, text
from tests.examples.people import CLEO, SAM, VIC

pytestmark = pytest.mark.django_db


def closing(through: str = "2026-01-31", **changed: str) -> dict[str, str]:
    fields = {"through": through, "reason": "Reconciled", "idempotency_key": through}
    return fields | changed


@pytest.fixture
def cleo():
    return browser(CLEO)


def test_nothing_is_closed_at_first(cleo):
    said = text(cleo, "/books/")
    assert "nothing is closed" in said
    assert "The books were never closed." in said


def test_they_are_closed_through_a_day_and_what_is_posted_there_is_refused(ann, cleo):
    answer = cleo.post("/books/close", closing())
    assert (answer.status_code, answer["Location"]) == (303, "/books/")
    assert "The books are closed through 2026-01-31 now." in text(cleo, "/books/")
    answer = ann.post("/transfers/new", paying(effective_on="2026-01-31"))
    assert said_at(answer, "effective_on").startswith("The books are closed for this business date")
    assert ann.post("/transfers/new", paying(idempotency_key="k-2")).status_code == 303


def test_the_request_of_a_closing_leads_to_the_books(cleo):
    answer = cleo.post("/books/close", closing())
    request = f"/requests/{answer['Daybook-Request']}"
    assert "Close books through 2026-01-31" in text(cleo, "/requests/")
    assert 'href="/books/">See the books' in cleo.get(request).content.decode()
    assert 'href="/books/">book-main' in cleo.get(request).content.decode()


def test_an_earlier_day_opens_those_after_it_which_the_form_says_beforehand(cleo):
    assert "An earlier date opens" not in text(cleo, "/books/close")
    cleo.post("/books/close", closing())
    said = text(cleo, "/books/close")
    assert "They are closed through 2026-01-31 now. An earlier date opens" in said
    cleo.post("/books/close", closing("2025-12-31", reason="January was wrong"))
    assert [row[1:] for row in rows(cleo, "/books/")[1:]] == [
        ["Opened after 2025-12-31", "January was wrong", "cleo"],
        ["Closed through 2026-01-31", "Reconciled", "cleo"],
    ]


def test_a_day_that_is_not_over_or_is_closed_already_is_refused_at_its_field(cleo):
    cleo.post("/books/close", closing())
    today = timezone.now().date() + timedelta(days=1)
    for through in (today.isoformat(), "2026-01-31"):
        answer = cleo.post("/books/close", closing(through, idempotency_key=f"again-{through}"))
        assert answer.status_code == 422
        assert said_at(answer, "through").startswith("Books can be closed only through")
    answer = cleo.post("/books/close", closing("", idempotency_key="none", reason=""))
    assert said_at(answer, "through") == said_at(answer, "reason") == "This field is required."


def test_anybody_sees_what_is_closed_and_staff_why(ann, cleo):
    cleo.post("/books/close", closing())
    said = text(ann, "/books/")
    assert "Closed through 2026-01-31" in said
    assert "Reconciled" not in said
    assert "Reconciled" in text(browser(VIC), "/books/")
    for client in (ann, browser(VIC), browser(SAM)):
        assert "/books/close" not in client.get("/books/").content.decode()
        assert client.get("/books/close").status_code == 403


def test_closings_come_in_pages_newest_first(cleo, monkeypatch):
    monkeypatch.setattr(book_views, "PAGE", 2)
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        cleo.post("/books/close", closing(day))
    page = cleo.get("/books/").content.decode()
    following = page.partition('rel="next" href="')[2].partition('"')[0]
    assert [row[1] for row in rows(cleo, f"/books/{following}")[1:]] == [
        "Closed through 2026-01-01"
    ]
    assert "There are no earlier ones" in text(cleo, "/books/?before=1")
    for odd in ("x", "-1", "9" * 30, "¹"):
        assert "Closed through" in read(cleo.get(f"/books/?before={odd}").content.decode())
