"""What the tests of pages begin with."""

from datetime import date, timedelta

import pytest
from django.test import Client

from tests.examples.asking import ask, rich
from tests.examples.ledger import open_account, pay
from tests.examples.pages import browser
from tests.examples.people import ANN, BOB, SAM

DAY = date(2026, 1, 10)


@pytest.fixture
def ann() -> Client:
    """Ann, whose account has 10.00 EUR; Bob's has nothing."""
    rich("ann", 1_000, owner=ANN)
    rich("bob", 0, owner=BOB)
    return browser(ANN)


@pytest.fixture
def january() -> Client:
    """Ann's account: 10.00 put in, then 1.00 out on each of the days before and after DAY."""
    ask(open_account("world", overdraft_limit=None), key="open-world")
    rich("ann", 0, owner=ANN)
    rich("bob", 0, owner=BOB)
    ask(pay("world", "ann", 1_000, effective_on=DAY - timedelta(5), description="Salary"))
    for days in (3, -1, 1, 0):  # Recorded out of the order of their dates.
        about = {"description": f"day {days}", "reference": f"r{days}"}
        ask(pay("ann", "bob", 100, effective_on=DAY + timedelta(days), **about))
    return browser(ANN)


@pytest.fixture
def sam(ann: Client) -> Client:
    """Sam, who may do whatever can be done to the accounts of Ann and Bob."""
    return browser(SAM)
