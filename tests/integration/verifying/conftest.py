"""The ledger that is verified, and where its events stand."""

from functools import partial

import pytest

import commands.engine.checks
import projections.engine.differences
import projections.ledger.checks
from eventstore import heads, log_checks, verification
from eventstore.reading import latest_position
from tests.examples.asking import ask, rich
from tests.examples.ledger import open_account, pay

FEW = 2


@pytest.fixture
def places():
    """A ledger; positions of the append that posted r-1 (three events), and of the next one's end.

    `first`, `middle`, `last`, `after` it, `next` (the last of the next), and the log's `end`.
    """
    rich("ann", 500)
    rich("bob", 20)
    before = latest_position()
    ask(pay("ann", "bob", 123, reference="r-1"), key="k")
    ask(pay("bob", "ann", 1))
    ask(open_account("cash", normal_balance="debit"))
    found = {"first": 1, "middle": 2, "last": 3, "after": 4, "next": 6}
    return {name: before + n for name, n in found.items()} | {"end": latest_position()}


@pytest.fixture
def pieces(monkeypatch):
    """All that is read in pieces is read in pieces of two."""
    for module in (
        commands.engine.checks,
        projections.ledger.checks,
        projections.engine.differences,
    ):
        monkeypatch.setattr(module, "CHUNK", FEW)
    monkeypatch.setattr(log_checks, "CHUNK", FEW)
    states = partial(heads.cached_states, limit=FEW)
    monkeypatch.setattr(commands.engine.checks, "cached_states", states)

    def ranges(upto, progress, after=0, size=0):
        return verification.ranges(upto, progress, after, FEW)

    for module in (commands.engine.checks, projections.ledger.checks, log_checks):
        monkeypatch.setattr(module, "ranges", ranges)
