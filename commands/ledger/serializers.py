"""JSON shapes in: a body becomes a message, or is refused with a pointer to what is wrong."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from commands.engine.dispatch import shapes
from commands.engine.fields import (
    AmountField,
    ChoiceField,
    CodeField,
    DateField,
    LimitField,
    MetadataField,
    TextField,
    UUIDField,
)
from commands.engine.shapes import StrictSerializer
from commands.ledger.messages import ChangeAccountDetails, OpenAccount, PostTransfer
from eventstore import openapi
from eventstore.events import currencies
from eventstore.events.ledger import Leg
from eventstore.openapi import Schema

MAX_LEGS = 100


class CurrencyField(TextField):
    """The code of a currency in ISO 4217 or in DAYBOOK_CURRENCIES."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=24, **options)

    def schema(self) -> Schema:
        return openapi.component("Currency", openapi.one_of(*currencies.codes()))

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        if currencies.currency(code) is None:
            self.refuse("This currency is neither in ISO 4217 nor in DAYBOOK_CURRENCIES.")
        return code


class OpenAccountShape(StrictSerializer):
    code = CodeField()
    name = TextField(max_length=200, allow_blank=False)
    currency = CurrencyField()
    normal_balance = ChoiceField(("credit", "debit"), required=False)
    overdraft_limit = LimitField(required=False)
    owner = UUIDField(required=False, allow_null=True)
    metadata = MetadataField(required=False)


class AddressShape(StrictSerializer):
    account = CodeField()


class ChangeAccountDetailsShape(StrictSerializer):
    may_be_empty = False

    name = TextField(max_length=200, allow_blank=False, required=False)
    metadata = MetadataField(required=False)
    owner = UUIDField(required=False, allow_null=True)


class LegShape(StrictSerializer):
    account = CodeField()
    direction = ChoiceField(("debit", "credit"))
    amount = AmountField()
    currency = CurrencyField(required=False)


class _TransferShape(StrictSerializer):
    currency = CurrencyField(required=False)
    description = TextField(max_length=500, required=False)
    reference = TextField(max_length=200, required=False)
    effective_on = DateField(required=False)
    metadata = MetadataField(required=False)


class ShortTransferShape(_TransferShape):
    amount = AmountField()

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python's own and cannot name an attribute.
        return {"from": CodeField(), "to": CodeField(), **super().get_fields()}


class LegsTransferShape(_TransferShape):
    legs = LegShape(many=True, min_length=2, max_length=MAX_LEGS)  # type: ignore[call-arg]


OPENED = {"code": "customers:alan", "name": "Alan", "currency": "EUR"}
SHORT = {"from": "outside:bank", "to": "customers:alan", "amount": "1250"}
SPLIT = [
    {"account": "customers:alan", "direction": "debit", "amount": "1250"},
    {"account": "shop:sales", "direction": "credit", "amount": "1050"},
    {"account": "shop:tax", "direction": "credit", "amount": "200"},
]


@shapes(
    "open_account",
    body=(OpenAccountShape,),
    examples={
        "A customer's": {**OPENED, "metadata": {"since": "2026"}},
        "The outside world": {
            "code": "outside:bank",
            "name": "Bank",
            "currency": "EUR",
            "normal_balance": "credit",
            "overdraft_limit": None,
        },
    },
)
def open_account(body: Mapping[str, Any], arguments: Mapping[str, str]) -> OpenAccount:
    return OpenAccount(**OpenAccountShape.load(body))


@shapes(
    "change_account_details",
    arguments={"account": CodeField().schema()},
    body=(ChangeAccountDetailsShape,),
    examples={"Another name": {"name": "Alan T."}, "Other metadata": {"metadata": {"tier": "1"}}},
)
def change_account_details(
    body: Mapping[str, Any], arguments: Mapping[str, str]
) -> ChangeAccountDetails:
    account = AddressShape.load(arguments)["account"]
    return ChangeAccountDetails(account=account, **ChangeAccountDetailsShape.load(body))


@shapes(
    "post_transfer",
    body=(ShortTransferShape, LegsTransferShape),
    examples={
        "From, to, amount": {**SHORT, "description": "Top-up"},
        "Legs": {"legs": SPLIT, "reference": "order-17", "effective_on": "2026-01-31"},
    },
)
def post_transfer(body: Mapping[str, Any], arguments: Mapping[str, str]) -> PostTransfer:
    once = settings.DAYBOOK_UNIQUE_REFERENCES
    if "legs" in body:
        found = LegsTransferShape.load(body)
        asked = found.pop("legs")
        currencies = tuple(leg.pop("currency", None) for leg in asked)
        legs = tuple(Leg(**leg) for leg in asked)
        return PostTransfer(legs=legs, currencies=currencies, once=once, **found)
    found = ShortTransferShape.load(body)
    amount = found.pop("amount")
    legs = Leg(found.pop("from"), "debit", amount), Leg(found.pop("to"), "credit", amount)
    return PostTransfer(legs=legs, short=True, once=once, **found)
