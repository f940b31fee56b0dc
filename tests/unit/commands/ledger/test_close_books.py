"""Closing and reopening the book's periods."""

from datetime import date

import pytest

from commands.engine.errors import Forbidden
from commands.ledger.messages import CloseBooks
from commands.ledger.refusals import BadClosingDate, BooksClosed
from eventstore.events import ledger
from eventstore.events.ledger import BooksReopened
from tests.examples.ledger import opened, pay, world
from tests.examples.people import CLEO, SAM
from tests.specs import given, on

OCTOBER = ("book-main", ledger.BooksClosed(through=date(2026, 10, 31), reason="Done"))


def close(day):
    return CloseBooks(through=on(day), reason="Done")


def test_it_closes_a_day_that_is_over_and_all_before_it():
    given().by(CLEO).when(close("2026-11-22")).then(
        ("book-main", ledger.BooksClosed(through=on("2026-11-22"), reason="Done"))
    )


def test_an_earlier_date_opens_the_days_after_it_again():
    given(OCTOBER).by(CLEO).when(close("2026-09-30")).then(
        ("book-main", BooksReopened(through=on("2026-09-30"), reason="Done"))
    )


@pytest.mark.parametrize("day", ["2026-11-23", "2027-01-01", "2026-10-31"])
def test_today_and_what_is_closed_already_are_no_dates_for_it(day):
    given(OCTOBER).by(CLEO).when(close(day)).then_refused(
        BadClosingDate, through=day, today="2026-11-23", closed_through="2026-10-31"
    )


def test_it_is_for_those_who_may_close():
    given().by(SAM).when(close("2026-10-31")).then_refused(Forbidden)


def test_a_token_for_some_accounts_does_not_close_the_books_of_all():
    given().by(CLEO.under("customers:")).when(close("2026-10-31")).then_refused(Forbidden)


@pytest.mark.parametrize(("day", "refused"), [("2026-10-31", True), ("2026-11-01", False)])
def test_a_transfer_belongs_to_an_open_day(day, refused):
    answer = given(opened("ann"), world(), OCTOBER).when(
        pay("world", "ann", 1, effective_on=on(day))
    )
    if refused:
        answer.then_refused(BooksClosed, effective_on=day, closed_through="2026-10-31")
    else:
        assert answer.refusal is None
