"""The resources of a success, rendered from states just as reading them renders read tables.

What the position makes known is left open: `position` counts from the first event of the command,
`recorded_at` is empty until both are known.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from commands.engine.decider import Context, States
from commands.ledger.instruction_messages import (
    CancelStandingOrder,
    PlaceStandingOrder,
    RunStandingOrder,
    SetAlert,
    SetSweep,
)
from commands.ledger.messages import (
    CaptureHold,
    CloseBooks,
    OpenAccount,
    PlaceHold,
    PostTransfer,
    ReleaseHold,
    ReverseTransfer,
)
from commands.ledger.state import Hold
from eventstore.events.ledger import BOOK, account_stream, transfer_stream
from eventstore.events.orders import order_stream
from eventstore.records import timestamp

Answer = Mapping[str, Any]


def opened_account(command: OpenAccount, states: States, context: Context) -> Answer:
    return _account(command.code, states)


def changed_account(command: Any, states: States, context: Context) -> Answer:
    """The account of any command that has an `account`."""
    return _account(command.account, states)


def transfer(command: PostTransfer, states: States, context: Context) -> Answer:
    return {"transfer": _transfer(command.transfer, states)}


def reversal(command: ReverseTransfer, states: States, context: Context) -> Answer:
    """The transfer that undoes the other; its event is the first."""
    return {"transfer": _transfer(command.reversal, states)}


def placed_hold(command: PlaceHold, states: States, context: Context) -> Answer:
    hold = states[account_stream(command.account)].holds[command.hold]
    return {"hold": _hold(command.hold, command.account, hold)}


def changed_hold(command: CaptureHold | ReleaseHold, states: States, context: Context) -> Answer:
    account = states[account_stream(command.account)]
    hold = account.holds.get(command.hold) or account.ended
    return {"hold": _hold(command.hold, command.account, hold)}


def captured_hold(command: CaptureHold, states: States, context: Context) -> Answer:
    """The hold, and the transfer, whose event is the second."""
    hold = changed_hold(command, states, context)
    return {**hold, "transfer": {**_transfer(command.transfer, states), "position": 1}}


def book(command: CloseBooks, states: States, context: Context) -> Answer:
    closed = states[BOOK].closed_through
    return {
        "book": {
            "closed_through": closed and closed.isoformat(),
            "time_zone": context.zone,
            "version": states.version(BOOK),
            "position": 0,
        }
    }


def alert(command: SetAlert, states: States, context: Context) -> Answer:
    low = states[account_stream(command.account)].low
    said = {"account": command.account, "low": None if low is None else str(low)}
    return {"alert": {**said, "position": 0}}


def sweep(command: SetSweep, states: States, context: Context) -> Answer:
    found = states[account_stream(command.account)].sweep
    return {
        "sweep": {
            "account": command.account,
            "above": found and str(found.above),
            "to": found and found.to,
            "position": 0,
        }
    }


def standing_order(
    command: PlaceStandingOrder | CancelStandingOrder | RunStandingOrder,
    states: States,
    context: Context,
) -> Answer:
    found, last = states[order_stream(command.order)], states[order_stream(command.order)].last
    return {
        "standing_order": {
            "id": str(command.order),
            "from": found.payer,
            "to": found.payee,
            "amount": str(found.amount),
            "every": found.every,
            "first_on": found.first_on.isoformat(),
            "last_on": found.last_on and found.last_on.isoformat(),
            "description": found.description,
            "status": found.status,
            "next_on": found.next_on and found.next_on.isoformat(),
            "last": last
            and {
                "on": last.on.isoformat(),
                "transfer": last.transfer and str(last.transfer),
                "code": last.code,
            },
            "position": 0,
        }
    }


def _account(code: str, states: States) -> Answer:
    stream = account_stream(code)
    found, limit = states[stream], states[stream].overdraft_limit
    available = found.available
    return {
        "account": {
            "code": found.code,
            "name": found.name,
            "currency": found.currency,
            "exponent": found.exponent,
            "normal_balance": found.normal_balance,
            "overdraft_limit": None if limit is None else str(limit),
            "owner": None if found.owner is None else str(found.owner),
            "status": found.status,
            "frozen_scope": found.frozen_scope,
            "metadata": dict(found.metadata),
            "posted": str(found.posted),
            "held": str(found.held),
            "available": None if available is None else str(available),
            "debits": str(found.debits),
            "credits": str(found.credits),
            "version": states.version(stream),
            "position": 0,
        }
    }


def _transfer(id_: UUID, states: States) -> dict[str, Any]:
    found = states[transfer_stream(id_)]
    return {
        "id": str(id_),
        "legs": [
            {"account": leg.account, "direction": leg.direction, "amount": str(leg.amount)}
            for leg in found.legs
        ],
        "effective_on": found.effective_on.isoformat(),
        "recorded_at": None,
        "description": found.description,
        "reference": found.reference,
        "metadata": dict(found.metadata),
        "reverses": found.reverses and str(found.reverses),
        "reversed_by": found.reversed_by and str(found.reversed_by),
        "position": 0,
    }


def _hold(id_: UUID, account: str, hold: Hold) -> dict[str, Any]:
    return {
        "id": str(id_),
        "account": account,
        "amount": str(hold.amount),
        "remaining": str(hold.remaining),
        "status": hold.status,
        "expires_at": hold.expires_at and timestamp(hold.expires_at),
        "payee": hold.payee,
        "reference": hold.reference,
        "transfers": [str(each) for each in hold.transfers],
        "position": 0,
    }
