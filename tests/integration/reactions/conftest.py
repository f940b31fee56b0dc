"""What tests of reactions begin with: no reactions but those of the test."""

import pytest

from commands.engine.reactions import Tell, reaction
from eventstore.events.ledger import AccountOpened
from eventstore.listeners.listener import listeners
from tests.examples.asking import ask
from tests.examples.ledger import open_account
from tests.examples.people import ANN
from tests.examples.reacting import NAME, give, only_those_of_this_test


@pytest.fixture(autouse=True)
def alone():
    with only_those_of_this_test():
        yield


@pytest.fixture
def bonus():
    """Whoever opens an account is given 1."""

    @reaction(NAME, AccountOpened)
    def welcome(happened):
        if happened.event.code.startswith("customers:"):
            yield give(happened, happened.event.code)
            yield Tell(ANN.id, "bonus", f"{happened.event.code} has a bonus.", happened.event.code)

    return listeners()[0]


@pytest.fixture
def world():
    ask(open_account("world", overdraft_limit=None))
