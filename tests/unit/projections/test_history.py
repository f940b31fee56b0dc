"""What a history's row begins with: what the row before carried on, and nothing else."""

from datetime import date

import pytest

from eventstore import registry
from eventstore.records import unplaced
from projections.engine import projector
from projections.engine.projector import History
from projections.ledger.models import Entry
from tests.examples.ledger import credited

CREDITED = type(credited("ann", 1)[1])
DAY = date(2026, 1, 2)
"""Of what `credited` makes."""


@pytest.fixture
def history(monkeypatch):
    monkeypatch.setattr(projector, "_projections", {})
    carried = {("account",): ("credits",), ("account", "effective_on"): ("day_credits",)}
    return History("sums", Entry, carried=carried, key=lambda stream: stream)


class Fetched:
    def __init__(self, *rows):
        self.fetchall = lambda: rows


def events(*amounts):
    found = [registry.new_event(credited("ann", amount)[1]) for amount in amounts]
    return [unplaced(new, "account-ann", n, n) for n, new in enumerate(found, 2)]


@pytest.fixture
def seen(history):
    """The rows as they are handed to the function, which adds to them."""
    rows = []

    @history.on(CREDITED)
    def add(row, event, recorded):
        rows.append((row.account, row.effective_on, row.credits, row.day_credits, row.amount))
        row.credits += event.amount
        row.day_credits += event.amount

    return rows


def test_running_totals_go_on_from_the_database_and_within_a_batch(history, seen):
    loaded = {
        ("account",): Fetched(("account-ann", "7")),
        ("account", "effective_on"): Fetched(("account-ann", DAY, "3")),
    }
    list(history.fold(events(5, 6), loaded))
    assert seen == [("account-ann", DAY, 7, 3, None), ("account-ann", DAY, 12, 8, None)]


def test_what_another_day_carried_on_is_none_of_its_business(history, seen):
    loaded = {
        ("account",): Fetched(("account-ann", "7")),
        ("account", "effective_on"): Fetched(("account-ann", date(2026, 1, 1), "3")),
    }
    list(history.fold(events(5), loaded))
    assert seen == [("account-ann", DAY, 7, 0, None)]


def test_without_a_row_before_it_begins_at_the_defaults(history, seen):
    list(history.fold(events(5), None))
    assert seen == [("account-ann", DAY, 0, 0, None)]


def test_a_function_changes_columns_that_there_are(history):
    with pytest.raises(ValueError, match="no column nte"):
        history.on(CREDITED, changes=("credits", "nte"))
