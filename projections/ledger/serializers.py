"""JSON shapes out: amounts as strings of digits, times in UTC with microseconds."""

from typing import Any

from eventstore.store import timestamp
from projections.ledger.models import Balance, Transfer
from projections.ledger.queries import Line


def account(of: Balance, position: int) -> dict[str, Any]:
    return {
        "code": of.account,
        "name": of.name,
        "currency": of.currency,
        "exponent": of.exponent,
        "normal_balance": of.normal_balance,
        "overdraft_limit": digits(of.overdraft_limit),
        "owner": None if of.owner is None else str(of.owner),
        "status": of.status,
        "frozen_scope": of.frozen_scope,
        "metadata": of.metadata,
        **_totals(of),
        "version": of.version,
        "position": position,
    }


def balance(of: Balance) -> dict[str, Any]:
    return {
        "account": of.account,
        "currency": of.currency,
        "normal_balance": of.normal_balance,
        **_totals(of),
        "version": of.version,
    }


def entry(line: Line) -> dict[str, Any]:
    return {
        "position": line.position,
        "transfer": str(line.transfer),
        "direction": line.direction,
        "amount": str(line.amount),
        "balance": str(line.balance),
        "effective_on": line.effective_on.isoformat(),
        "recorded_at": timestamp(line.recorded_at),
        "description": line.description,
        "reference": line.reference,
    }


def transfer(of: Transfer) -> dict[str, Any]:
    return {
        "id": str(of.id),
        "legs": of.legs,
        "effective_on": of.effective_on.isoformat(),
        "recorded_at": timestamp(of.recorded_at),
        "description": of.description,
        "reference": of.reference,
        "metadata": of.metadata,
        "reverses": None if of.reverses is None else str(of.reverses),
        "reversed_by": None if of.reversed_by is None else str(of.reversed_by),
        "position": of.position,
    }


def digits(amount: int | None) -> str | None:
    return None if amount is None else str(amount)


def _totals(of: Balance) -> dict[str, str | None]:
    return {
        "posted": str(of.posted),
        "held": str(of.held),
        "available": digits(of.available),
        "debits": str(of.debits),
        "credits": str(of.credits),
    }
