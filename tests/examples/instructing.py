"""Standing instructions of every kind, for a ledger in which Ann, Bob and Cat have accounts."""

from datetime import UTC, datetime

from commands.ledger.instruction_messages import (
    CancelStandingOrder,
    PlaceStandingOrder,
    RunStandingOrder,
    SetAlert,
    SetSweep,
)
from tests.examples.asking import ask
from tests.examples.people import PRODUCT


def instructed():
    """Alerts and sweeps are set twice; of standing orders one is run, and one cancelled."""
    for code, low in (("ann", 5), ("bob", 7), ("ann", None), ("cat", 1)):
        assert ask(SetAlert(account=code, low=low)).succeeded
    for above in (500, 700):
        assert ask(SetSweep(account="ann", above=above, to="cat")).succeeded
    today = datetime.now(UTC).date()
    for amount in (1, 2, 10**9):
        about = {"amount": amount, "every": "day", "first_on": today}
        placed = PlaceStandingOrder(payer="ann", payee="bob", **about)
        assert ask(placed).succeeded
        run_it = RunStandingOrder(order=placed.order)
        assert ask(run_it, by=PRODUCT).events == (1 if amount == 10**9 else 4)
    assert ask(CancelStandingOrder(order=placed.order, reason="Too much")).succeeded
