"""People with a ledger, met through the sockets of a real server."""

import pytest

from tests.examples.asking import rich
from tests.examples.people import ANN
from tests.examples.serving import Client


@pytest.fixture
def clients(served):
    """Makes clients, and hangs up for them in the end."""
    made = []

    def make():
        made.append(Client(served))
        return made[-1]

    yield make
    for each in made:
        each.connection.close()


@pytest.fixture
def sam(clients):
    rich("ann", 500, owner=ANN)
    return clients()


@pytest.fixture
def many(request):
    """How many follow at once: many more than there are threads; in the full run, hundreds."""
    return 500 if request.config.getoption("--all") else 100
