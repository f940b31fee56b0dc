"""An account with a past: what was known of it early, and what was recorded later."""

from datetime import date

from commands.ledger.messages import ChangeAccountDetails
from eventstore.store import latest_position
from tests.examples.asking import ask, rich
from tests.examples.ledger import open_account, pay
from tests.examples.people import ANN, BOB

EARLY, LATE = date(2026, 1, 5), date(2026, 1, 9)


def ann_had_more() -> int:
    """Ann had 5.00 on the early day; what came after this position was recorded later."""
    rich("ann", 0, owner=ANN)
    ask(pay("world", "ann", 500, effective_on=EARLY, description="Salary"))
    position = latest_position()
    ask(ChangeAccountDetails(account="ann", name="Annie"))
    ask(pay("ann", "world", 100, effective_on=LATE))
    ask(pay("ann", "world", 30, effective_on=EARLY, description="Late bill"))
    ask(open_account("bob", owner=BOB.id))
    return position
