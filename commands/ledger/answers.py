"""The resources a write answers with, rendered from the states its decision left behind.

They are what the read side shows at that position. `position` counts from the request's first
event and `recorded_at` is empty until both are known.
"""

from collections.abc import Mapping
from typing import Any

from commands.engine.decider import States
from commands.ledger.messages import ChangeAccountDetails, OpenAccount, PostTransfer
from eventstore.events.ledger import account_stream, transfer_stream


def opened_account(command: OpenAccount, states: States) -> Mapping[str, Any]:
    return _account(command.code, states)


def changed_account(command: ChangeAccountDetails, states: States) -> Mapping[str, Any]:
    return _account(command.account, states)


def _account(code: str, states: States) -> Mapping[str, Any]:
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


def transfer(command: PostTransfer, states: States) -> Mapping[str, Any]:
    found = states[transfer_stream(command.transfer)]
    return {
        "transfer": {
            "id": str(command.transfer),
            "legs": [
                {"account": leg.account, "direction": leg.direction, "amount": str(leg.amount)}
                for leg in found.legs
            ],
            "effective_on": found.effective_on.isoformat(),
            "recorded_at": None,
            "description": found.description,
            "reference": found.reference,
            "metadata": dict(found.metadata),
            "reverses": None,
            "reversed_by": None,
            "position": 0,
        }
    }
