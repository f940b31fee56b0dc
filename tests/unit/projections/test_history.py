"""What a history's function knows of the row before: what is carried, and nothing else."""

from dataclasses import replace

import pytest

from eventstore import registry
from eventstore.records import unplaced
from projections.engine import projector
from projections.engine.projector import History
from projections.ledger.models import Entry
from tests.examples.ledger import credited


@pytest.fixture
def history(monkeypatch):
    monkeypatch.setattr(projector, "_projections", {})
    return History("sums", Entry, by="account", carried=("net",), key=lambda stream: stream)


class Loaded:
    def fetchall(self):
        return [("account-ann", "7")]


def events(*amounts):
    found = [registry.new_event(credited("ann", amount)[1]) for amount in amounts]
    return [unplaced(new, "account-ann", n, n) for n, new in enumerate(found, 2)]


def test_a_running_total_goes_on_from_the_database_and_within_a_batch(history):
    seen = []

    @history.on(type(credited("ann", 1)[1]))
    def add(row, previous, event, recorded):
        seen.append(previous)
        row.net = previous.net + event.amount

    list(history.fold(events(5, 6), Loaded()))
    assert [each.net for each in seen] == [7, 12]
    assert not any(hasattr(each, "amount") for each in seen)
    assert replace(seen[0], net=12) == seen[1]


def test_a_function_changes_columns_that_there_are(history):
    with pytest.raises(ValueError, match="no column nte"):
        history.on(type(credited("ann", 1)[1]), changes=("net", "nte"))
