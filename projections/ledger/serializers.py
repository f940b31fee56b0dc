"""JSON shapes out: amounts as strings of digits, times in UTC with microseconds."""

from typing import Any

from django.conf import settings

from eventstore import openapi
from eventstore.converters import CODE_SCHEMA
from eventstore.openapi import like, listing, nullable, one_of, shape
from eventstore.store import timestamp
from projections.ledger.models import Balance, Book, Hold, Transfer
from projections.ledger.queries import Line
from projections.ledger.statements import FORMAT, Cut, Edges

CURRENCY = like(openapi.TEXT, "EUR")
EXPONENT = {"type": "integer", "minimum": 0, "maximum": 30, "examples": [2]}
SIDE = one_of("credit", "debit")
TOTALS = {
    "posted": like(openapi.SIGNED, "1250", "The balance in the account's own direction."),
    "held": nullable(
        {**openapi.AMOUNT, "description": "What holds keep back; null as of a date."}, example="0"
    ),
    "available": nullable(
        {
            **openapi.SIGNED,
            "description": "What may still flow out; null is unlimited, or as of a date.",
        },
        example="1250",
    ),
    "debits": like(openapi.AMOUNT, "0"),
    "credits": like(openapi.AMOUNT, "1250"),
}
MADE_AT = nullable(
    {**openapi.POSITION, "description": "The position of what is shown; null in a dry run."},
    example=812,
)

ACCOUNT = shape(
    "Account",
    "An account, as it is at a position.",
    code=CODE_SCHEMA,
    name=like(openapi.TEXT, "Alan"),
    currency=CURRENCY,
    exponent=EXPONENT,
    normal_balance=SIDE,
    overdraft_limit=nullable(openapi.AMOUNT, example="0"),
    owner=nullable(openapi.UUID),
    status=one_of("open", "frozen", "closed"),
    frozen_scope=nullable(openapi.TEXT),
    metadata=openapi.METADATA,
    **TOTALS,
    version=openapi.VERSION,
    position=MADE_AT,
)
BALANCE = shape(
    "Balance",
    "An account's balance.",
    account=CODE_SCHEMA,
    currency=CURRENCY,
    normal_balance=SIDE,
    **TOTALS,
    version=openapi.VERSION,
)
ENTRY = shape(
    "Entry",
    "A change of an account's balance, and the balance after it.",
    position=openapi.POSITION,
    transfer=openapi.UUID,
    direction=SIDE,
    amount=openapi.AMOUNT,
    balance=openapi.SIGNED,
    effective_on=openapi.DATE,
    recorded_at=openapi.TIME,
    description=like(openapi.TEXT, "Top-up"),
    reference=openapi.TEXT,
)
STATEMENT = shape(
    "Statement",
    "An account's entries by business date, as they were known at a position.",
    format={"type": "integer", "minimum": 1, "examples": [FORMAT]},
    account=shape(
        "StatedAccount",
        "What a statement says of its account.",
        code=CODE_SCHEMA,
        name=like(openapi.TEXT, "Alan"),
        currency=CURRENCY,
        exponent=EXPONENT,
        normal_balance=SIDE,
    ),
    since=nullable(openapi.DATE),
    until=nullable(openapi.DATE),
    opening_balance=like(openapi.SIGNED, "0", "The balance before the first day."),
    closing_balance=like(openapi.SIGNED, "1250", "The balance after the last day."),
    debits=like(openapi.AMOUNT, "0", "What was debited in between."),
    credits=like(openapi.AMOUNT, "1250", "What was credited in between."),
    position=openapi.POSITION,
    entries=listing(ENTRY),
    next=nullable({**openapi.TEXT, "description": "The cursor of the next page."}),
    has_more={"type": "boolean", "examples": [False]},
)
LEG = shape(
    "PostedLeg",
    "One side of a transfer.",
    account=CODE_SCHEMA,
    direction=SIDE,
    amount=openapi.AMOUNT,
)
TRANSFER = shape(
    "Transfer",
    "Value that moved between accounts.",
    id=openapi.UUID,
    legs={
        **listing(LEG),
        "examples": [
            [
                {"account": "outside:bank", "direction": "debit", "amount": "1250"},
                {"account": "customers:alan", "direction": "credit", "amount": "1250"},
            ]
        ],
    },
    effective_on=openapi.DATE,
    recorded_at=nullable(
        {**openapi.TIME, "description": "When it was recorded; null in a dry run."},
        example="2026-11-23T12:00:00.000000Z",
    ),
    description=like(openapi.TEXT, "Top-up"),
    reference=openapi.TEXT,
    metadata=openapi.METADATA,
    reverses=nullable(openapi.UUID),
    reversed_by=nullable(openapi.UUID),
    position=MADE_AT,
)
HOLD = shape(
    "Hold",
    "What is set aside of an account's balance.",
    id=openapi.UUID,
    account=CODE_SCHEMA,
    amount=like(openapi.AMOUNT, "1250"),
    remaining=like(openapi.AMOUNT, "1250", "What is set aside still."),
    status=one_of("open", "captured", "released", "expired"),
    expires_at=nullable(openapi.TIME, example="2026-11-30T12:00:00.000000Z"),
    payee=nullable(CODE_SCHEMA, example="shop:sales"),
    reference=openapi.TEXT,
    transfers={**listing(openapi.UUID), "description": "The transfers that captured of it."},
    position={**MADE_AT, "description": "That of its last event; null in a dry run."},
)
BOOK = shape(
    "Book",
    "The book's periods.",
    closed_through=nullable(openapi.DATE, example="2026-10-31"),
    time_zone=like(openapi.TEXT, "UTC"),
    version={**openapi.VERSION, "minimum": 0, "description": "0 before the first closing."},
    position=MADE_AT,
)


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


def statement(cut: Cut, between: Edges, page: dict[str, Any]) -> dict[str, Any]:
    """A page of a statement; the balances and sums are those of the whole."""
    of = cut.of
    return {
        "format": FORMAT,
        "account": {
            "code": of.account,
            "name": of.name,
            "currency": of.currency,
            "exponent": of.exponent,
            "normal_balance": of.normal_balance,
        },
        "since": cut.since and cut.since.isoformat(),
        "until": cut.until and cut.until.isoformat(),
        "opening_balance": str(between.opening),
        "closing_balance": str(between.closing),
        "debits": str(between.debits),
        "credits": str(between.credits),
        **page,
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


def hold(of: Hold) -> dict[str, Any]:
    return {
        "id": str(of.id),
        "account": of.account,
        "amount": str(of.amount),
        "remaining": str(of.remaining_now),
        "status": of.status_now,
        "expires_at": of.expires_at and timestamp(of.expires_at),
        "payee": of.payee,
        "reference": of.reference,
        "transfers": of.transfers,
        "position": of.position,
    }


def book(of: Book | None, position: int) -> dict[str, Any]:
    return {
        "closed_through": of and of.closed_through.isoformat(),
        "time_zone": settings.DAYBOOK_BOOK_TIME_ZONE,
        "version": of.version if of else 0,
        "position": position,
    }


def digits(amount: int | None) -> str | None:
    return None if amount is None else str(amount)


def _totals(of: Balance) -> dict[str, str | None]:
    return {
        "posted": str(of.posted),
        "held": digits(of.held),
        "available": digits(of.available),
        "debits": str(of.debits),
        "credits": str(of.credits),
    }
