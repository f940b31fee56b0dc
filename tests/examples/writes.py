"""Every write of the API with bodies for it, when Ann and Bob have accounts and `world` is open."""

from datetime import date
from typing import Any
from uuid import UUID

from commands.ledger.instruction_messages import PlaceStandingOrder
from commands.ledger.messages import CloseAccount, FreezeAccount, PlaceHold
from config import routing
from tests.examples.asking import ask, rich
from tests.examples.ledger import pay
from tests.examples.people import ANN

BULK = "POST bulk"
"""The write that is several: it shows no resource of its own."""

WHY = {"reason": "Asked for"}
HELD, POSTED, ORDER = UUID(int=0x401D), UUID(int=0x9057), UUID(int=0x02DE)
"""A hold on Ann's account for Bob's, a transfer to hers, and a standing order to pay Bob."""
MONTHLY = {"from": "ann", "to": "bob", "amount": "1", "every": "month", "first_on": "2100-01-31"}

WRITES: dict[str, list[dict[str, Any]]] = {
    "POST accounts": [
        {"code": "shop", "name": "Shop", "currency": "EUR", "metadata": {"since": "2026"}},
        {
            "code": "shop:till",
            "name": "Till",
            "currency": "EUR",
            "normal_balance": "debit",
            "overdraft_limit": 5,
        },
    ],
    "PATCH accounts/<code:code>": [
        {"name": "Another"},
        {"metadata": {"k": "ü"}, "owner": None},
        {"name": "Ann"},
    ],
    "POST accounts/<code:code>/overdraft-limit": [
        {"overdraft_limit": 500, **WHY},
        {"overdraft_limit": None, **WHY},
    ],
    "POST accounts/<code:code>/freeze": [{"scope": "debits", **WHY}],
    "POST accounts/<code:code>/unfreeze": [WHY],
    "POST accounts/<code:code>/close": [WHY],
    "POST accounts/<code:code>/reopen": [WHY],
    "POST accounts/<code:code>/holds": [
        {"amount": 1, "reference": "table-4"},
        {"amount": "1", "expires_in": 600, "payee": "bob", "reference": ""},
    ],
    "POST accounts/<code:code>/holds/<uuid:id>/capture": [
        {},
        {"amount": 1, "final": False},
        {"amount": "1", "payee": "bob"},
    ],
    "POST accounts/<code:code>/holds/<uuid:id>/release": [{"reason": "No show"}],
    "POST accounts/<code:code>/alert": [{"low": 50}, {"low": "0"}, {"low": None}],
    "POST accounts/<code:code>/sweep": [{"above": "50", "to": "bob"}, {"above": None}],
    "POST standing-orders": [
        {**MONTHLY, "description": "Rent"},
        {**MONTHLY, "every": "day", "last_on": "2100-12-31"},
    ],
    "POST standing-orders/<uuid:id>/cancel": [WHY],
    "POST transfers/<uuid:id>/reverse": [WHY, {"effective_on": "2020-02-29", **WHY}],
    "POST books/close": [{"through": "2020-02-29", **WHY}],
    BULK: [
        {
            "atomic": True,
            "commands": [
                {
                    "command": "post_transfer",
                    "data": {"from": "world", "to": "ann", "amount": 1},
                    "idempotency_key": "one",
                },
                {"command": "change_account_details", "data": {"account": "bob", "name": "B."}},
            ],
        },
        {
            "atomic": False,
            "commands": [
                {"command": "post_transfer", "data": {"from": "bob", "to": "ann", "amount": 10**9}},
                {"command": "post_transfer", "data": {"from": "world", "to": "ann", "amount": 1}},
            ],
        },
    ],
    "POST transfers": [
        {"from": "world", "to": "ann", "amount": "1250", "description": "Top-up"},
        {
            "legs": [
                {"account": "world", "direction": "debit", "amount": 10**37},
                {"account": "bob", "direction": "credit", "amount": str(10**37)},
            ],
            "effective_on": "2020-02-29",
            "reference": "r-1",
            "metadata": {"k": "ü"},
        },
    ],
}
ADDRESSED: dict[str, str] = {
    "POST accounts/<code:code>/unfreeze": "accounts/ice/unfreeze",
    "POST accounts/<code:code>/close": "accounts/empty/close",
    "POST accounts/<code:code>/reopen": "accounts/gone/reopen",
    "POST accounts/<code:code>/holds/<uuid:id>/capture": f"accounts/ann/holds/{HELD}/capture",
    "POST accounts/<code:code>/holds/<uuid:id>/release": f"accounts/ann/holds/{HELD}/release",
    "GET accounts/<code:code>/holds/<uuid:id>": f"accounts/ann/holds/{HELD}",
    "POST standing-orders/<uuid:id>/cancel": f"standing-orders/{ORDER}/cancel",
    "GET standing-orders/<uuid:id>": f"standing-orders/{ORDER}",
    "GET standing-orders/<uuid:id>/cancel": f"standing-orders/{ORDER}/cancel",
    "POST transfers/<uuid:id>/reverse": f"transfers/{POSTED}/reverse",
}
"""Where a route finds what it is tried on, when that is not just Ann's account."""


def path_of(route: str) -> tuple[str, str]:
    """Method and path of a route in the world that `prepare` makes."""
    method, _, path = route.partition(" ")
    return method, "/" + ADDRESSED.get(route, path).replace("<code:code>", "ann")


def prepare() -> None:
    """What writes are done to, beside the accounts of Ann and Bob: all of it is Ann's."""
    ask(pay("world", "ann", 5, transfer=POSTED, effective_on=date(2020, 2, 29)))
    ask(PlaceHold(account="ann", amount=5, payee="bob", hold=HELD))
    for code in ("ice", "empty", "gone"):
        rich(code, 0, owner=ANN)
    order = PlaceStandingOrder(
        payer="ann", payee="bob", amount=1, every="month", first_on=date(2100, 1, 31), order=ORDER
    )
    ask(order, by=ANN)
    ask(FreezeAccount(account="ice", scope="all", reason="Stolen"))
    ask(CloseAccount(account="gone", reason="Left"))


def other(body: dict[str, Any]) -> dict[str, Any]:
    """A body that says something else, and is as valid."""
    for name in ("reason", "name", "description", "reference"):
        if name in body:
            return {**body, name: "Something else"}
    for name in ("low", "above"):
        if name in body:
            return {**body, name: 7} | ({"to": "bob"} if name == "above" else {})
    return {**body, "metadata": {"other": "1"}} if "metadata" in body else {**body, "amount": 2}


NO_COMMANDS = [
    "DELETE requests/<uuid:id>",
    "DELETE webhooks/<uuid:id>",
    "PATCH webhooks/<uuid:id>",
    "POST notifications/<uuid:id>/seen",
    "POST webhooks",
    "POST webhooks/<uuid:id>/replay",
    "POST webhooks/<uuid:id>/rotate",
]
"""What changes no entity: these have no outcome."""
SHOWN = {
    "account": "/accounts/{code}",
    "alert": "/accounts/{account}/alert",
    "book": "/books",
    "hold": "/accounts/{account}/holds/{id}",
    "standing_order": "/standing-orders/{id}",
    "sweep": "/accounts/{account}/sweep",
    "transfer": "/transfers/{id}",
}
"""Where each resource that a write answers with is read."""


def routes() -> list[str]:
    """All routes of the API, each as `METHOD path`."""
    return sorted(
        f"{method} {address.pattern}"
        for address in routing.api_urlpatterns()
        for method in getattr(address.callback, "views", ["GET"])
    )
