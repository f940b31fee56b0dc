"""A ledger that has seen a little, and Vic on staff, who may look at it."""

import pytest

from commands.access.models import Token
from projections.engine.standing import note
from projections.ledger.projectors import balances
from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.ledger import pay
from tests.examples.people import ANN, SAM, VIC
from tests.integration.admin.windows import staff


@pytest.fixture
def vic():
    user(SAM)
    rich("ann", 500, owner=ANN)
    ask(pay("ann", "world", 30, description="Rent", reference="r-1"), key="k-1")
    ask(pay("ann", "world", 10**6))
    Token.issue(user(ANN), scopes=["read"], prefix="ann")
    return staff(VIC)


@pytest.fixture
def sam(vic):
    note(balances)
    return staff(SAM)
