"""The model's rules about standing instructions: alerts, sweeps and standing orders."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.examples.model.accounts import amount
from tests.examples.model.books import Books, Who
from tests.examples.model.entities import EXPONENTS, Account, Done, No, Order
from tests.examples.model.transfers import admitted, post_transfer

Said = dict[str, Any]

MOST = 10**38 - 1
"""What one transfer can move."""


def set_alert(books: Books, who: Who, said: Said) -> Said:
    account, low = _own(books, who, said["account"]), amount(said["low"])
    if low != account.low:
        books.record(f"account-{account.code}", "alert_set")
        account.low = low
    shown = None if low is None else str(low)
    return {"alert": {"account": account.code, "low": shown, "position": books.position}}


def set_sweep(books: Books, who: Who, said: Said) -> Said:
    account, sweep = _own(books, who, said["account"]), None
    if said["above"] is not None:
        sweep = int(said["above"]), said["to"]
        admitted(books, who, {"from": account.code, "to": sweep[1], "amount": 1})
        _require_sweepable(books, who, account, books.accounts[sweep[1]])
    if sweep != account.sweep:
        books.record(f"account-{account.code}", "sweep_set")
        account.sweep = sweep
    above, to = (str(sweep[0]), sweep[1]) if sweep else (None, None)
    told = {"account": account.code, "above": above, "to": to, "position": books.position}
    return {"sweep": told}


def sweep_account(books: Books, who: Who, said: Said) -> Said:
    _require_product(who)
    if said["account"] not in books.accounts:
        raise No("account-not-found", 404, account=said["account"])
    told = {"account": said["account"], "to": said["to"], "transfer": None, "amount": "0"}
    try:
        transfer = _swept(books, who, said)
    except No as no:
        return {"swept": {**told, "why": no.answer["code"], "position": books.position}}
    moved = {"transfer": transfer["id"], "amount": transfer["legs"][0]["amount"], "why": None}
    return {"swept": {**told, **moved, "position": transfer["position"]}}


def place_standing_order(books: Books, who: Who, said: Said) -> Said:
    payer, today = books.accounts.get(said["from"]), books.today
    is_own = payer is not None and payer.owner == who.id
    admitted(books, who, said)
    if is_own:
        admitted(books, Who(who.id), said)
    first_on = date.fromisoformat(said["first_on"])
    last_on = date.fromisoformat(said["last_on"]) if "last_on" in said else None
    for name, day, earliest in (("first_on", first_on, today), ("last_on", last_on, first_on)):
        if day is not None and day < earliest:
            facts = {name: str(day), "earliest": str(earliest)}
            raise No("date-in-past", pointer=f"/{name}", **facts)
    id_ = books.name("order")
    books.orders[id_] = Order(
        *(id_, said["from"], said["to"], int(said["amount"]), said["every"], first_on, last_on),
        description=said.get("description", ""),
        owner=who.id if is_own else None,
        position=books.record(f"order-{id_}", "orders.placed"),
    )
    return {"standing_order": books.orders[id_].shown()}


def cancel_standing_order(books: Books, who: Who, said: Said) -> Said:
    order = books.orders.get(said["order"])
    if order is None or not books.sees(who, order.payer):
        raise No("order-not-found", 404, order=said["order"])
    if not (who.may("operate") or books.accounts[order.payer].owner == who.id):
        raise No("forbidden", 403)
    if order.status != "open":
        raise No("order-not-open", order=order.id, state=order.status)
    order.position = books.record(f"order-{order.id}", "orders.cancelled")
    order.cancelled = True
    return {"standing_order": order.shown()}


def run_standing_order(books: Books, who: Who, said: Said) -> Said:
    """Something comes of its next date, once that is here."""
    _require_product(who)
    order = books.orders.get(said["order"])
    if order is None:
        raise No("order-not-found", 404, order=said["order"])
    on = order.next_on
    if on is None or on > books.today:
        return {"standing_order": {**order.shown(), "position": books.position}}
    # It comes before the events of its transfer; what is refused has recorded nothing else.
    order.position = books.record(f"order-{order.id}", "orders.run")
    try:
        transfer = _ordered(books, who, order, on)
    except No as no:
        books.events[-1]["type"] = "orders.skipped"
        of_payee = no.answer["facts"].get("account") == order.payee
        code = "payee-unavailable" if of_payee else no.answer["code"]
        order.done.append(Done(on, None, code))
    else:
        order.done.append(Done(on, transfer, None))
    return {"standing_order": order.shown()}


def due_orders(books: Books) -> list[tuple[datetime, str]]:
    """When the next date of each order that is open begins, and which it is."""
    zone = ZoneInfo(books.zone)
    return [
        (datetime.combine(order.next_on, time.min, zone).astimezone(UTC), order.id)
        for order in books.orders.values()
        if order.next_on
    ]


def _ordered(books: Books, who: Who, order: Order, on: date) -> str:
    """Post a standing order's transfer of a date: on that day, or the first one still open."""
    if order.owner is not None:
        if order.owner != books.accounts[order.payer].owner:
            raise No("owner-changed", account=order.payer)
        who = Who(order.owner)
    closed = books.closed_through
    asked = {
        "from": order.payer,
        "to": order.payee,
        "amount": order.amount,
        "effective_on": str(max(on, closed + timedelta(days=1)) if closed else on),
        "description": order.description,
    }
    return post_transfer(books, who, asked)["transfer"]["id"]


def _swept(books: Books, who: Who, said: Said) -> Said:
    account = books.accounts[said["account"]]
    if account.sweep is None:
        raise No("switched-off")
    above, to = account.sweep
    if to != said["to"]:
        raise No("target-changed")
    left = account.posted - account.held(books.now) - above
    if left <= 0:
        raise No("nothing-to-move")
    asked = {"from": account.code, "to": to, "amount": min(left, MOST)}
    description = f"Sweep of what is above {_readable(above, account.currency)}"
    return post_transfer(books, who, {**asked, "description": description})["transfer"]


def _readable(minor: int, currency: str) -> str:
    """Minor units as people write them, such as 1,234.50 EUR."""
    exponent = EXPONENTS[currency]
    whole, rest = divmod(minor, 10**exponent)
    return f"{whole:,}" + (f".{rest:0{exponent}}" if exponent else "") + f" {currency}"


def _require_sweepable(books: Books, who: Who, account: Account, to: Account) -> None:
    if account.side != "credit":
        raise No("sweep-not-possible", account=account.code)
    if to.side != "credit" or to.sweep:
        if books.sees(who, to.code):
            raise No("sweep-not-possible", pointer="/to", account=to.code)
        raise No("payee-unavailable", pointer="/to")


def _own(books: Books, who: Who, code: str) -> Account:
    account = books.seen(who, code)
    if not (who.may("operate") or account.owner == who.id):
        raise No("forbidden", 403)
    if account.closed:
        raise No("account-closed", account=code)
    return account


def _require_product(who: Who) -> None:
    if not who.is_product:
        raise No("forbidden", 403)
