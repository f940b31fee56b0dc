"""JSON shapes of sums, days and what happened: amounts as strings of digits."""

from typing import Any

from eventstore import openapi
from eventstore.converters import CODE_SCHEMA
from eventstore.openapi import like, listing, nullable, one_of, shape
from eventstore.store import timestamp
from projections.ledger.activity import Happening
from projections.ledger.activity_projector import KINDS
from projections.ledger.models import DailyTotal
from projections.ledger.serializers import CURRENCY, EXPONENT, SIDE, digits
from projections.ledger.totals import Node, Row, Sum

COUNT = {"type": "integer", "minimum": 1, "examples": [3]}
ROW = shape(
    "TrialBalanceRow",
    "The accounts of one part of the codes, one currency and one normal balance.",
    account=like(openapi.TEXT, "customers", "An account's code, or the part that they share."),
    currency=CURRENCY,
    exponent=EXPONENT,
    normal_balance=SIDE,
    accounts=COUNT,
    debit=like(openapi.AMOUNT, "0", "The sum of the balances that are debits."),
    credit=like(openapi.AMOUNT, "1250", "The sum of the balances that are credits."),
)
SUM = shape(
    "TrialBalanceTotal",
    "All debit and all credit balances of a currency.",
    currency=CURRENCY,
    exponent=EXPONENT,
    debit=like(openapi.AMOUNT, "1250"),
    credit=openapi.AMOUNT,
    difference=like(openapi.SIGNED, "0", "Credit less debit: 0, unless only some accounts count."),
)
NODE = shape(
    "TreeNode",
    "A part of the codes, with what all accounts under it have.",
    code=CODE_SCHEMA,
    depth={"type": "integer", "minimum": 1, "examples": [2]},
    accounts=COUNT,
    is_account={"type": "boolean", "examples": [True]},
    subtotals=listing(
        shape(
            "Subtotal",
            "What accounts have of one currency.",
            currency=CURRENCY,
            exponent=EXPONENT,
            debits=like(openapi.AMOUNT, "0"),
            credits=openapi.AMOUNT,
            net=like(openapi.SIGNED, "1250", "Credits less debits, whatever side is normal."),
        )
    ),
)
DAY = shape(
    "DailyTotal",
    "What was posted to an account on a business date.",
    day=openapi.DATE,
    debits=like(openapi.AMOUNT, "0"),
    credits=openapi.AMOUNT,
    entries={**COUNT, "description": "How many entries that were."},
)
HAPPENING = shape(
    "Happening",
    "Something that happened to an account.",
    position=openapi.POSITION,
    recorded_at=openapi.TIME,
    account=CODE_SCHEMA,
    name=like(openapi.TEXT, "Alan", "What the account is called now."),
    currency=CURRENCY,
    exponent=EXPONENT,
    kind={**one_of(*KINDS), "examples": ["credited"]},
    amount=nullable(
        {**openapi.AMOUNT, "description": "What moved or was set aside; null for what is neither."},
        example="1250",
    ),
    transfer=nullable(openapi.UUID, example=openapi.UUID["examples"][0]),
    description=like(openapi.TEXT, "Top-up", "That of the transfer."),
    holds={**listing(openapi.UUID), "description": "The holds that it is about.", "examples": [[]]},
    facts={
        "type": "object",
        "description": "What else the event says, as `data` of events has it.",
        "examples": [{"effective_on": "2026-11-23"}],
    },
    request=nullable(openapi.UUID),
)


def row(of: Row) -> dict[str, Any]:
    """A line of the trial balance."""
    return {
        "account": of.part,
        "currency": of.currency,
        "exponent": of.exponent,
        "normal_balance": of.normal_balance,
        "accounts": of.accounts,
        "debit": str(of.debit),
        "credit": str(of.credit),
    }


def total(of: Sum) -> dict[str, Any]:
    """What its lines come to in one currency."""
    return {
        "currency": of.currency,
        "exponent": of.exponent,
        "debit": str(of.debit),
        "credit": str(of.credit),
        "difference": str(of.difference),
    }


def node(of: Node) -> dict[str, Any]:
    """A node of the tree."""
    return {
        "code": of.code,
        "depth": of.depth,
        "accounts": of.accounts,
        "is_account": of.is_account,
        "subtotals": [
            {
                "currency": each.currency,
                "exponent": each.exponent,
                "debits": str(each.debits),
                "credits": str(each.credits),
                "net": str(each.net),
            }
            for each in of.subtotals
        ],
    }


def day(of: DailyTotal) -> dict[str, Any]:
    """A day of an account."""
    return {
        "day": of.day.isoformat(),
        "debits": str(of.debits),
        "credits": str(of.credits),
        "entries": of.entries,
    }


def happening(said: Happening) -> dict[str, Any]:
    """Something that happened."""
    of = said.of
    return {
        "position": of.position,
        "recorded_at": timestamp(of.recorded_at),
        "account": of.account,
        "name": said.account.name,
        "currency": said.account.currency,
        "exponent": said.account.exponent,
        "kind": of.kind,
        "amount": digits(of.amount),
        "transfer": None if of.transfer is None else str(of.transfer),
        "description": said.description,
        "holds": of.holds,
        "facts": of.facts,
        "request": None if of.request is None else str(of.request),
    }
