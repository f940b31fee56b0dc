"""All that can happen to an account, told by one story over three days."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from commands.ledger.instruction_messages import SetAlert, SetSweep
from commands.ledger.messages import (
    CaptureHold,
    ChangeAccountDetails,
    ChangeOverdraftLimit,
    CloseAccount,
    FreezeAccount,
    PlaceHold,
    ReleaseHold,
    ReopenAccount,
    ReverseTransfer,
    UnfreezeAccount,
)
from tests.examples.asking import ask, rich
from tests.examples.clock import NOON, Clock
from tests.examples.ledger import credit, debit, open_account, pay, transfer
from tests.examples.people import ANN, BOB

DAYS = [(NOON + timedelta(days)).date() for days in range(3)]


def everything(clock: Clock) -> None:
    """Ann and Bob on the first day, holds of Ann's on the second, Ann's till on the third."""
    rich("ann", 5_000, owner=ANN)
    rich("bob", 0, owner=BOB)
    did(open_account("ann:till", owner=ANN.id, normal_balance="debit", overdraft_limit=None))
    paid = UUID(did(pay("ann", "bob", 250, description="Tea"))["transfer"]["id"])
    did(ReverseTransfer(transfer=paid, reason="Cold"))
    did(transfer(debit("ann:till", 300), credit("ann", 100), credit("bob", 200)))
    clock.advance(days=1)
    kept = PlaceHold(account="ann", amount=400, payee="bob", reference="table-4")
    freed = PlaceHold(account="ann", amount=700)
    for hold in (kept, freed):
        did(hold)
    did(CaptureHold(account="ann", hold=kept.hold, amount=150))
    did(ReleaseHold(account="ann", hold=freed.hold, reason="No show"))
    for amount in (20, 30):
        did(PlaceHold(account="ann", amount=amount, expires_in=60))
    clock.advance(days=1)
    did(pay("ann", "ann:till", 300))
    did(ChangeAccountDetails(account="ann", name="Ann A.", metadata={"since": "2026"}))
    did(ChangeOverdraftLimit(account="ann", overdraft_limit=12_345, reason="Asked for"))
    did(SetAlert(account="ann", low=1_000))
    did(SetSweep(account="ann", above=9_000, to="bob"))
    did(SetSweep(account="ann", above=None))
    did(FreezeAccount(account="ann", scope="debits", reason="Stolen"))
    did(UnfreezeAccount(account="ann", reason="Found"))
    did(CloseAccount(account="ann:till", reason="Left"))
    did(ReopenAccount(account="ann:till", reason="Back"))


def did(command: Any) -> dict[str, Any]:
    """What a command was answered, which was not refused."""
    outcome = ask(command)
    assert outcome.succeeded, outcome
    body: dict[str, Any] = outcome.body
    return body
