"""JSON shapes in: a body becomes a message, or is refused with a pointer to what is wrong."""

from collections.abc import Mapping
from typing import Any

from rest_framework.serializers import ValidationError

from commands.engine.dispatch import shapes
from commands.engine.errors import Malformed
from commands.engine.fields import (
    AmountField,
    ChoiceField,
    CodeField,
    DateField,
    LimitField,
    MetadataField,
    StrictSerializer,
    TextField,
    UUIDField,
)
from commands.ledger.messages import ChangeAccountDetails, OpenAccount, PostTransfer
from eventstore.events.currencies import currency
from eventstore.events.ledger import Leg

MAX_LEGS = 100


class CurrencyField(TextField):
    """The code of a currency in ISO 4217 or in DAYBOOK_CURRENCIES."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=24, **options)

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        if currency(code) is None:
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
    name = TextField(max_length=200, allow_blank=False, required=False)
    metadata = MetadataField(required=False)
    owner = UUIDField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise ValidationError(f"Give at least one of {', '.join(self.fields)}.")
        return attrs


class LegShape(StrictSerializer):
    account = CodeField()
    direction = ChoiceField(("debit", "credit"))
    amount = AmountField()


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
    legs = LegShape(many=True)

    def validate_legs(self, legs: list[Any]) -> list[Any]:
        if not 2 <= len(legs) <= MAX_LEGS:
            raise ValidationError(f"A transfer has 2 to {MAX_LEGS} legs.")
        return legs


@shapes("open_account")
def open_account(body: Mapping[str, Any], arguments: Mapping[str, str]) -> OpenAccount:
    return OpenAccount(**OpenAccountShape.load(body))


@shapes("change_account_details", arguments=("account",))
def change_account_details(
    body: Mapping[str, Any], arguments: Mapping[str, str]
) -> ChangeAccountDetails:
    account = AddressShape.load(arguments)["account"]
    return ChangeAccountDetails(account=account, **ChangeAccountDetailsShape.load(body))


@shapes("post_transfer")
def post_transfer(body: Mapping[str, Any], arguments: Mapping[str, str]) -> PostTransfer:
    if "legs" in body:
        if len(body["legs"]) > MAX_LEGS if isinstance(body["legs"], list) else False:
            raise Malformed([("/legs", f"A transfer has 2 to {MAX_LEGS} legs.")])
        found = LegsTransferShape.load(body)
        legs = tuple(Leg(**leg) for leg in found.pop("legs"))
        return PostTransfer(legs=legs, **found)
    found = ShortTransferShape.load(body)
    amount = found.pop("amount")
    legs = Leg(found.pop("from"), "debit", amount), Leg(found.pop("to"), "credit", amount)
    return PostTransfer(legs=legs, short=True, **found)
