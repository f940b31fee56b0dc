"""Every write of the API with bodies for it, when Ann and Bob have accounts and `world` is open."""

from typing import Any

from config import routing

BULK = "POST bulk"
"""The write that is several: it shows no resource of its own."""

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
NO_COMMANDS = ["DELETE requests/<uuid:id>", "POST notifications/<uuid:id>/seen"]
"""What changes no entity: these have no body and no outcome."""
SHOWN = {"account": "/accounts/{code}", "transfer": "/transfers/{id}"}
"""Where each resource that a write answers with is read."""


def routes() -> list[str]:
    """All routes of the API, each as `METHOD path`."""
    return sorted(
        f"{method} {address.pattern}"
        for address in routing.api_urlpatterns()
        for method in getattr(address.callback, "views", ["GET"])
    )
