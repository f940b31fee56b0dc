"""A small, plausible shop, so that there is something to look at."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from commands.access.models import User
from commands.access.principal import SYSTEM
from commands.engine.deciding import decide
from commands.engine.dispatch import submission
from commands.engine.outcomes import Outcome, Submission
from config.demo import OUTSIDE, OWNED, is_here, key
from eventstore.reporting import ReportingCommand
from eventstore.server import unfit

SEED = 1868
DAYS = 30
WEEK = 7 * 24 * 60 * 60

ACCOUNTS: list[dict[str, Any]] = [
    {"code": OUTSIDE, "name": "Money from and to banks", "overdraft_limit": None},
    {"code": "shop:sales", "name": "Sales"},
    {"code": "shop:fees", "name": "Card fees", "normal_balance": "debit"},
    {"code": "shop:vouchers", "name": "Vouchers given away", "overdraft_limit": 50_000},
    {"code": "customers:ada", "name": "Ada's wallet"},
    {"code": "customers:grace", "name": "Grace's wallet"},
    {"code": "customers:joan", "name": "Joan's wallet"},
    {"code": "customers:luca", "name": "Luca's wallet", "overdraft_limit": 2_000},
    {"code": "customers:max", "name": "Max's wallet"},
]

GOODS = [("Ledger paper", 450), ("Fountain pen", 3_890), ("Blotter", 790), ("Ink, black", 1_250)]

ORDERS = [
    ("customers:joan", 4_500, "order-204"),
    ("customers:ada", 12_000, "order-198"),
    ("customers:grace", 3_890, "order-201"),
]
"""What is set aside until it is sent: the first is still, the next was in part, the last never."""

MADE = (
    "The demo ledger is there: {accounts} accounts, {transfers} transfers, and {refused} requests"
    " refused, as in real life; orders on hold, a refund, a frozen wallet, a closed month, an"
    " alert, a sweep and a standing order."
)


class Command(ReportingCommand):
    help = (
        "Make the demo ledger: a shop with wallets, top-ups, sales, fees and vouchers, orders on "
        "hold, a refund, a frozen wallet, a closed month, an alert, a sweep and a standing order. "
        "The same every time; run again it changes nothing.\n\nExample:\n"
        "  python manage.py demo --owner olga"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        owned = f"{', '.join(OWNED[:-1])} and {OWNED[-1]}"
        parser.add_argument(
            "--owner",
            metavar="NAME",
            default="",
            help=f"the user to whom {owned} belong; without it they are nobody's",
        )

    def handle(self, *, owner: str, json: bool, **options: Any) -> None:
        if wrong := unfit():
            raise CommandError(" ".join(wrong))
        opening = list(_accounts(owner))
        opened = [] if is_here() else decide(opening)
        if all(outcome.replayed for outcome in opened):
            said = "The demo ledger is there already: its accounts stay whose they are."
            self.report(said, {"made": False}, as_json=json)
            return
        moved = decide(list(_transfers()))
        held = decide(list(_orders()))
        decide(list(_since(moved, held)))
        decide(list(_from_now_on()))
        refused = sum(not outcome.succeeded for outcome in moved)
        many = {"accounts": len(opened), "transfers": len(moved) - refused, "refused": refused}
        self.report(MADE.format(**many), {"made": True, **many}, as_json=json)


def _accounts(owner: str) -> Iterator[Submission]:
    user = User.objects.filter(username=owner).first()
    if owner and user is None:
        raise CommandError(f"There is no user {owner!r}; make one with create_user.")
    for account in ACCOUNTS:
        owned = {"owner": str(user.id)} if user and account["code"] in OWNED else {}
        yield _asked("open_account", {"currency": "EUR", **account, **owned})


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


def _orders() -> Iterator[Submission]:
    """What customers ordered: paid in, and set aside for the shop."""
    for customer, _amount, order in ORDERS:
        paid_in = {"from": "outside:bank", "to": customer, "amount": 15_000}
        about = {"description": "Top-up by transfer", "reference": f"{order}-top-up"}
        yield _asked("post_transfer", paid_in | about)
    for customer, amount, order in ORDERS:
        hold = {"account": customer, "amount": amount, "payee": "shop:sales"}
        yield _asked("place_hold", hold | {"expires_in": WEEK, "reference": order})


def _since(moved: Sequence[Outcome], held: Sequence[Outcome]) -> Iterator[Submission]:
    """What became of orders, and what staff did about the rest."""
    holds = [each.answer["hold"] for each in held[len(ORDERS) :]]
    _, sent, missing = ({"account": each["account"], "hold": each["id"]} for each in holds)
    yield _asked("capture_hold", {**sent, "amount": 7_500, "final": False}, "sent")
    yield _asked("release_hold", {**missing, "reason": "Not in stock"}, "missing")
    refund = {"transfer": _last_sale(moved), "reason": "Refund: it came back unopened"}
    yield _asked("reverse_transfer", refund, "refund")
    luca, regular = {"account": "customers:luca"}, {"reason": "A regular customer"}
    yield _asked("change_overdraft_limit", {**luca, "overdraft_limit": 5_000, **regular}, "limit")
    lost = {"account": "customers:max", "scope": "debits", "reason": "The card was lost"}
    yield _asked("freeze_account", lost, "lost")
    month = {"through": _last_month().isoformat(), "reason": "The month is reconciled"}
    yield _asked("close_books", month, "month")


def _from_now_on() -> Iterator[Submission]:
    """What is set to happen when nobody asks."""
    yield _asked("set_alert", {"account": "customers:ada", "low": 2_000}, "alert")
    takings = {"account": "shop:sales", "above": 100_000, "to": OUTSIDE}
    yield _asked("set_sweep", takings, "sweep")
    subscription = {
        "from": "customers:joan",
        "to": "shop:sales",
        "amount": 990,
        "every": "month",
        "first_on": _next_month().isoformat(),
        "description": "Ink, every month",
    }
    yield _asked("place_standing_order", subscription, "subscription")


def _last_sale(moved: Sequence[Outcome]) -> str:
    sales = [
        outcome.answer["transfer"]["id"]
        for outcome in moved
        if outcome.succeeded and outcome.answer["transfer"]["legs"][1]["account"] == "shop:sales"
    ]
    return str(sales[-1])


def _last_month() -> date:
    """The last day of a month that is over in every time zone."""
    yesterday = timezone.now().date() - timedelta(days=1)
    return yesterday.replace(day=1) - timedelta(days=1)


def _next_month() -> date:
    """The first day of a month that has begun in no time zone."""
    tomorrow = timezone.now().date() + timedelta(days=1)
    return (tomorrow.replace(day=1) + timedelta(days=31)).replace(day=1)


def _asked(name: str, body: dict[str, Any], reference: str = "") -> Submission:
    reference = reference or body.get("reference") or body["code"]
    return submission(name, body, principal=SYSTEM, key=key(reference), source="cli")
