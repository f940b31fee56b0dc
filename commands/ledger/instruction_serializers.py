"""JSON shapes in for standing instructions: alerts, sweeps and standing orders."""

from collections.abc import Mapping
from typing import Any, get_args

from commands.engine.dispatch import shapes
from commands.engine.fields import (
    AmountField,
    ChoiceField,
    CodeField,
    DateField,
    TextField,
    UUIDField,
)
from commands.engine.shapes import StrictSerializer
from commands.ledger.fields import LevelField, OffField
from commands.ledger.instruction_messages import (
    CancelStandingOrder,
    PlaceStandingOrder,
    RunStandingOrder,
    SetAlert,
    SetSweep,
    SweepAccount,
)
from commands.ledger.serializers import (
    ACCOUNT,
    AddressShape,
    NothingShape,
    ReasonShape,
    account_shape,
)
from eventstore.recurring import Every

ORDER = {"order": UUIDField().schema()}
PLACED = {"from": "customers:alan", "to": "shop:sales", "amount": "1250", "every": "month"}


class SetAlertShape(StrictSerializer):
    low = LevelField(allow_null=True)


class SetSweepShape(StrictSerializer):
    above = LevelField()
    to = CodeField()


class SwitchSweepOffShape(StrictSerializer):
    above = OffField()


class SweepAccountShape(StrictSerializer):
    to = CodeField()


class OrderAddressShape(StrictSerializer):
    order = UUIDField()


class PlaceStandingOrderShape(StrictSerializer):
    amount = AmountField()
    every = ChoiceField(get_args(Every))
    first_on = DateField()
    last_on = DateField(required=False)
    description = TextField(max_length=500, required=False)

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python's own and cannot name an attribute.
        return {"from": CodeField(), "to": CodeField(), **super().get_fields()}


account_shape(
    "set_alert",
    SetAlert,
    SetAlertShape,
    **{"Below 12.50": {"low": "1250"}, "Off": {"low": None}},
)


@shapes(
    "set_sweep",
    arguments=ACCOUNT,
    body=(SetSweepShape, SwitchSweepOffShape),
    examples={
        "All beyond 50.00": {"above": "5000", "to": "shop:sales"},
        "Off": {"above": None},
    },
)
def set_sweep(body: Mapping[str, Any], arguments: Mapping[str, str]) -> SetSweep:
    is_off = "to" not in body and body.get("above") is None
    shape = SwitchSweepOffShape if is_off else SetSweepShape
    return SetSweep(**AddressShape.load(arguments), **shape.load(body))


account_shape(
    "sweep_account", SweepAccount, SweepAccountShape, **{"Its target": {"to": "shop:sales"}}
)


@shapes(
    "place_standing_order",
    body=(PlaceStandingOrderShape,),
    examples={
        "Every month": {**PLACED, "first_on": "2100-01-31", "description": "Rent"},
        "For some weeks": {
            **PLACED,
            "every": "week",
            "first_on": "2100-01-01",
            "last_on": "2100-03-31",
        },
    },
)
def place_standing_order(
    body: Mapping[str, Any], arguments: Mapping[str, str]
) -> PlaceStandingOrder:
    found = PlaceStandingOrderShape.load(body)
    payer, payee = found.pop("from"), found.pop("to")
    return PlaceStandingOrder(payer=payer, payee=payee, **found)


@shapes(
    "cancel_standing_order",
    arguments=ORDER,
    body=(ReasonShape,),
    examples={"Moved out": {"reason": "Moved out"}},
)
def cancel_standing_order(
    body: Mapping[str, Any], arguments: Mapping[str, str]
) -> CancelStandingOrder:
    return CancelStandingOrder(**OrderAddressShape.load(arguments), **ReasonShape.load(body))


@shapes("run_standing_order", arguments=ORDER, body=(NothingShape,), examples={"Run": {}})
def run_standing_order(body: Mapping[str, Any], arguments: Mapping[str, str]) -> RunStandingOrder:
    NothingShape.load(body)
    return RunStandingOrder(**OrderAddressShape.load(arguments))
