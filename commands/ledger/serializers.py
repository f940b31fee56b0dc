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
    FlagField,
    LimitField,
    MetadataField,
    SecondsField,
    TextField,
    UUIDField,
)
from commands.engine.shapes import StrictSerializer
from commands.ledger.fields import CurrencyField
from commands.ledger.messages import (
    LONGEST_HOLD,
    CaptureHold,
    ChangeAccountDetails,
    ChangeOverdraftLimit,
    CloseAccount,
    CloseBooks,
    ExpireHolds,
    FreezeAccount,
    OpenAccount,
    PlaceHold,
    PostTransfer,
    ReleaseHold,
    ReopenAccount,
    ReverseTransfer,
    UnfreezeAccount,
)
from eventstore.events.ledger import Leg

MAX_LEGS = 100


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


class TransferAddressShape(StrictSerializer):
    transfer = UUIDField()


class HoldAddressShape(AddressShape):
    hold = UUIDField()


def _reason() -> TextField:
    return TextField(max_length=500, allow_blank=False)


class ReasonShape(StrictSerializer):
    reason = _reason()


class OverdraftLimitShape(ReasonShape):
    overdraft_limit = LimitField()


class FreezeShape(ReasonShape):
    scope = ChoiceField(("debits", "credits", "all"))


class NothingShape(StrictSerializer):
    """Nothing is said but by the address."""


class ReverseShape(ReasonShape):
    effective_on = DateField(required=False)
    force = FlagField(required=False)


class PlaceHoldShape(StrictSerializer):
    amount = AmountField()
    expires_in = SecondsField(most=LONGEST_HOLD, required=False)
    payee = CodeField(required=False)
    reference = TextField(max_length=200, required=False)


class CaptureShape(StrictSerializer):
    amount = AmountField(required=False)
    final = FlagField(required=False)
    payee = CodeField(required=False)


class ReleaseShape(StrictSerializer):
    reason = TextField(max_length=500, required=False)


class CloseBooksShape(ReasonShape):
    through = DateField()


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

ACCOUNT = {"account": CodeField().schema()}
HOLD = {**ACCOUNT, "hold": UUIDField().schema()}
WHY = {"reason": "Asked for by the customer"}


def account_shape(name: str, message: type, body: type[StrictSerializer], **examples: Any) -> None:
    """A command whose address is an account's, and whose body is the rest of its message."""

    @shapes(name, arguments=ACCOUNT, body=(body,), examples=examples)
    def shape(data: Mapping[str, Any], arguments: Mapping[str, str]) -> Any:
        return message(**AddressShape.load(arguments), **body.load(data))


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


account_shape(
    "change_account_details",
    ChangeAccountDetails,
    ChangeAccountDetailsShape,
    **{"Another name": {"name": "Alan T."}, "Other metadata": {"metadata": {"tier": "1"}}},
)


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
    sides = found.pop("from"), found.pop("to"), found.pop("amount")
    return PostTransfer.between(*sides, once=once, **found)


account_shape(
    "change_overdraft_limit",
    ChangeOverdraftLimit,
    OverdraftLimitShape,
    **{
        "A limit": {"overdraft_limit": "50000", "reason": "Agreed on with the customer"},
        "Unlimited": {"overdraft_limit": None, "reason": "It stands for the outside world"},
    },
)
account_shape("freeze_account", FreezeAccount, FreezeShape, Debits={"scope": "debits", **WHY})
account_shape("unfreeze_account", UnfreezeAccount, ReasonShape, Unfreeze=WHY)
account_shape("close_account", CloseAccount, ReasonShape, Close=WHY)
account_shape("reopen_account", ReopenAccount, ReasonShape, Reopen=WHY)
account_shape("expire_holds", ExpireHolds, NothingShape, Expire={})
account_shape(
    "place_hold",
    PlaceHold,
    PlaceHoldShape,
    **{
        "For a merchant": {"amount": "1250", "expires_in": 604800, "payee": "shop:sales"},
        "For whom is said later": {"amount": "1250", "reference": "table-4"},
    },
)


@shapes(
    "capture_hold",
    arguments=HOLD,
    body=(CaptureShape,),
    examples={"All of it": {}, "A part, more to come": {"amount": "400", "final": False}},
)
def capture_hold(body: Mapping[str, Any], arguments: Mapping[str, str]) -> CaptureHold:
    return CaptureHold(**HoldAddressShape.load(arguments), **CaptureShape.load(body))


@shapes(
    "release_hold",
    arguments=HOLD,
    body=(ReleaseShape,),
    examples={"No reason": {}, "A reason": {"reason": "The guest did not come"}},
)
def release_hold(body: Mapping[str, Any], arguments: Mapping[str, str]) -> ReleaseHold:
    return ReleaseHold(**HoldAddressShape.load(arguments), **ReleaseShape.load(body))


@shapes(
    "reverse_transfer",
    arguments={"transfer": UUIDField().schema()},
    body=(ReverseShape,),
    examples={"Posted twice": {"reason": "Posted twice"}},
)
def reverse_transfer(body: Mapping[str, Any], arguments: Mapping[str, str]) -> ReverseTransfer:
    return ReverseTransfer(**TransferAddressShape.load(arguments), **ReverseShape.load(body))


@shapes(
    "close_books",
    body=(CloseBooksShape,),
    examples={"A month": {"through": "2026-10-31", "reason": "October is reconciled"}},
)
def close_books(body: Mapping[str, Any], arguments: Mapping[str, str]) -> CloseBooks:
    return CloseBooks(**CloseBooksShape.load(body))
