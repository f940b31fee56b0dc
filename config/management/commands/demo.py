"""A small, plausible shop, so that there is something to look at."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from commands.access.principal import SYSTEM
from commands.engine.deciding import decide
from commands.engine.dispatch import submission
from commands.engine.outcomes import Submission
from config.demo import key

SEED = 1868
DAYS = 30

ACCOUNTS: list[dict[str, Any]] = [
    {"code": "outside:bank", "name": "Money from and to banks", "overdraft_limit": None},
    {"code": "shop:sales", "name": "Sales"},
    {"code": "shop:fees", "name": "Card fees", "normal_balance": "debit"},
    {"code": "shop:vouchers", "name": "Vouchers given away", "overdraft_limit": 50_000},
    {"code": "customers:ada", "name": "Ada's wallet"},
    {"code": "customers:grace", "name": "Grace's wallet"},
    {"code": "customers:joan", "name": "Joan's wallet"},
    {"code": "customers:luca", "name": "Luca's wallet", "overdraft_limit": 2_000},
]

GOODS = [("Ledger paper", 450), ("Fountain pen", 3_890), ("Blotter", 790), ("Ink, black", 1_250)]


class Command(BaseCommand):
    help = (
        "Make the demo ledger: a shop with wallets, top-ups, sales, fees and vouchers. The same "
        "every time; run again it changes nothing.\n\nExample:\n  python manage.py demo"
    )

    def handle(self, **options: Any) -> None:
        opened = decide([_asked("open_account", {"currency": "EUR", **a}) for a in ACCOUNTS])
        if all(outcome.replayed for outcome in opened):
            self.stdout.write("The demo ledger is there already.")
            return
        moved = decide(list(_transfers()))
        refused = sum(not outcome.succeeded for outcome in moved)
        self.stdout.write(
            f"The demo ledger is there: {len(opened)} accounts, {len(moved) - refused} transfers,"
            f" and {refused} requests refused, as in real life."
        )


def _transfers() -> Iterator[Submission]:
    """A month of business up to today, from a fixed seed."""
    draw, today = random.Random(SEED), timezone.now().date()  # noqa: S311
    customers = [a["code"] for a in ACCOUNTS if a["code"].startswith("customers:")]
    for day in range(DAYS):
        on = (today - timedelta(days=DAYS - 1 - day)).isoformat()
        for number in range(draw.randint(1, 4)):
            body = _one(draw, draw.choice(customers))
            body |= {"effective_on": on, "reference": f"demo-{day:02}-{number}"}
            yield _asked("post_transfer", body)


def _one(draw: random.Random, customer: str) -> dict[str, Any]:
    kind = draw.random()
    if kind < 0.35:
        amount = draw.choice([2_000, 5_000, 10_000])
        fee = amount // 100
        return {
            "description": "Top-up by card",
            "legs": [
                {"account": "outside:bank", "direction": "debit", "amount": amount - fee},
                {"account": "shop:fees", "direction": "debit", "amount": fee},
                {"account": customer, "direction": "credit", "amount": amount},
            ],
        }
    if kind < 0.45:
        return {"from": "shop:vouchers", "to": customer, "amount": 500, "description": "Voucher"}
    goods, price = draw.choice(GOODS)
    return {"from": customer, "to": "shop:sales", "amount": price, "description": goods}


def _asked(name: str, body: dict[str, Any]) -> Submission:
    reference = body.get("reference") or body["code"]
    return submission(name, body, principal=SYSTEM, key=key(reference), source="cli")
