"""Every outcome of the commands about alerts, sweeps and standing orders, in the ledger's world."""

from datetime import date
from typing import Any
from uuid import UUID

from commands.ledger.instruction_messages import CancelStandingOrder, PlaceStandingOrder
from tests.examples.asking import ask
from tests.examples.outcomes import Case
from tests.examples.outcomes.ledger import NOBODY, WHY, about_accounts
from tests.examples.people import ANN, VIC

OPEN, OVER = UUID(int=0x02DE), UUID(int=0x02DF)
"""Standing orders of Ann's for Bob: an open one, and one that was cancelled."""
FIRST = date(2100, 1, 31)
ORDER = {"from": "ann", "to": "bob", "amount": "30", "every": "month", "first_on": "2100-01-31"}
FORM = {**ORDER, "amount": "0.30", "last_on": ""}
LEVEL, SWEEP = {"above": "50", "to": "bob"}, {"above": "0.50", "to": "bob"}
"""A sweep as a program asks for it, and as a person does."""


def world() -> None:
    """Ann has standing orders."""
    for order in (OPEN, OVER):
        placed = PlaceStandingOrder(
            payer="ann", payee="bob", amount=1, every="month", first_on=FIRST, order=order
        )
        ask(placed, by=ANN)
    ask(CancelStandingOrder(order=OVER, reason="Moved out"))


def _swept(to: str, account: str = "ann") -> dict[str, Any]:
    return {"account": account, **LEVEL, "to": to}


def _cancel(order: UUID | str) -> dict[str, Any]:
    return {"order": str(order), **WHY}


CASES: dict[str, list[Case]] = {
    "set_alert": [
        Case({"account": "ann", "low": "50"}, 200, by=ANN, form={"low": "0.50"}),
        Case({"account": "ann", "low": 0}, 200, form={"low": "0"}),
        Case({"account": "ann", "low": None}, 200, form={"low": ""}),
        *about_accounts({"low": 5}, {"low": "0.05"}),
    ],
    "set_sweep": [
        Case({"account": "ann", **LEVEL}, 200, by=ANN, form=SWEEP),
        Case({"account": "ann", "above": 0, "to": "bob"}, 200, form={"above": "0", "to": "bob"}),
        Case({"account": "ann", "above": None}, 200, form={"above": "", "to": ""}),
        *about_accounts(LEVEL, SWEEP),
        Case(_swept("ann"), 422, "same-account", form={**SWEEP, "to": "ann"}),
        Case(_swept("ann", "cash"), 422, "sweep-not-possible", form={**SWEEP, "to": "ann"}),
        Case(_swept("no"), 422, "payee-unavailable", by=ANN, form={**SWEEP, "to": "no"}),
        Case(_swept("shop"), 422, "currency-mismatch", form={**SWEEP, "to": "shop"}),
        Case(_swept("ice"), 422, "account-frozen", form={**SWEEP, "to": "ice"}),
    ],
    "place_standing_order": [
        Case(ORDER, 201, by=ANN, form=FORM),
        Case({**ORDER, "last_on": "2100-01-31", "description": "Rent"}, 201,
             form={**FORM, "last_on": "2100-01-31", "description": "Rent"}),
        Case({**ORDER, "amount": 10**37, "every": "day"}, 201),
        Case({**ORDER, "to": "ann"}, 422, "same-account", form={**FORM, "to": "ann"}),
        Case(ORDER, 403, "forbidden", by=VIC),
        Case({**ORDER, "from": "nobody"}, 404, "account-not-found"),
        Case({**ORDER, "to": "nobody"}, 422, "payee-unavailable", by=ANN,
             form={**FORM, "to": "nobody"}),
        Case({**ORDER, "to": "shop"}, 422, "currency-mismatch", form={**FORM, "to": "shop"}),
        Case({**ORDER, "to": "gone"}, 422, "account-closed", form={**FORM, "to": "gone"}),
        Case({**ORDER, "to": "ice"}, 422, "account-frozen", form={**FORM, "to": "ice"}),
        Case({**ORDER, "first_on": "2020-01-31"}, 422, "date-in-past",
             form={**FORM, "first_on": "2020-01-31"}),
        Case({**ORDER, "last_on": "2100-01-30"}, 422, "date-in-past",
             form={**FORM, "last_on": "2100-01-30"}),
    ],
    "cancel_standing_order": [
        Case(_cancel(OPEN), 200, by=ANN, form=WHY),
        Case(_cancel(OPEN), 200, form=WHY),
        Case(_cancel(NOBODY), 404, "order-not-found"),
        Case(_cancel(OPEN), 403, "forbidden", by=VIC),
        Case(_cancel(OVER), 422, "order-not-open", form=WHY),
    ],
}  # fmt: skip

UNREACHABLE: set[tuple[str, str]] = set()
