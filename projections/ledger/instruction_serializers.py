"""JSON shapes out of standing instructions: amounts as strings of digits, dates as they are."""

from typing import Any, get_args

from eventstore import openapi
from eventstore.converters import CODE_SCHEMA
from eventstore.openapi import like, nullable, one_of, shape
from eventstore.recurring import Every
from projections.ledger.instruction_models import Setting, StandingOrder
from projections.ledger.instructions import STATUSES
from projections.ledger.serializers import MADE_AT, digits

ALERT = shape(
    "Alert",
    "Whether it is told when little is available.",
    account=CODE_SCHEMA,
    low=nullable(
        {**openapi.AMOUNT, "description": "It is told when less is available; null is never."},
        example="1250",
    ),
    position=MADE_AT,
)
SWEEP = shape(
    "Sweep",
    "What is moved on to another account.",
    account=CODE_SCHEMA,
    above=nullable(
        {**openapi.AMOUNT, "description": "All beyond this is moved; null is nothing."},
        example="5000",
    ),
    to=nullable(CODE_SCHEMA, example="shop:sales"),
    position=MADE_AT,
)
DONE = shape(
    "DoneDate",
    "What came of a date.",
    on=openapi.DATE,
    transfer=nullable(openapi.UUID),
    code=nullable(openapi.TEXT, example="insufficient-funds"),
)
STANDING_ORDER = shape(
    "StandingOrder",
    "A transfer that is posted again and again.",
    id=openapi.UUID,
    **{"from": CODE_SCHEMA},
    to=CODE_SCHEMA,
    amount=like(openapi.AMOUNT, "1250"),
    every=one_of(*get_args(Every)),
    first_on=openapi.DATE,
    last_on=nullable(openapi.DATE),
    description=like(openapi.TEXT, "Rent"),
    status=one_of(*STATUSES),
    next_on=nullable({**openapi.DATE, "description": "The next date; null when there is none."}),
    last=nullable(DONE),
    position={**MADE_AT, "description": "That of its last event; null in a dry run."},
)


def alert(of: Setting, position: int) -> dict[str, Any]:
    return {"account": of.account, "low": digits(of.low), "position": position}


def sweep(of: Setting, position: int) -> dict[str, Any]:
    return {
        "account": of.account,
        "above": digits(of.above),
        "to": of.target,
        "position": position,
    }


def standing_order(of: StandingOrder) -> dict[str, Any]:
    return {
        "id": str(of.id),
        "from": of.account,
        "to": of.payee,
        "amount": str(of.amount),
        "every": of.every,
        "first_on": of.first_on.isoformat(),
        "last_on": of.last_on and of.last_on.isoformat(),
        "description": of.description,
        "status": of.status,
        "next_on": of.next_on and of.next_on.isoformat(),
        "last": of.done_on
        and {
            "on": of.done_on.isoformat(),
            "transfer": of.done_transfer and str(of.done_transfer),
            "code": of.done_code,
        },
        "position": of.position,
    }
