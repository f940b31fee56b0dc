"""The model's rules about holds: placed on what is available, and ended once."""

from datetime import timedelta
from typing import Any

from tests.examples.model.books import Books, Who
from tests.examples.model.entities import Account, Hold, No

Said = dict[str, Any]


def place_hold(books: Books, who: Who, said: Said) -> Said:
    code, payee, amount = said["account"], said.get("payee"), int(said["amount"])
    account = books.seen(who, code)
    if not (who.may("operate") or account.owner == who.id):
        raise No("forbidden", 403)
    if payee == code:
        raise No("same-account", account=code)
    if account.side != "credit":
        raise No("hold-not-possible", account=code)
    books.in_use(code, "debit")
    if payee is not None:
        _require_payee(books, who, account, payee)
    still = [hold for hold in account.holds.values() if hold.status(books.now) == "open"]
    if len(still) >= books.most_holds:
        raise No("too-many-holds", account=code, limit=books.most_holds)
    books.covers(code, "debit", amount)
    seconds = said.get("expires_in")
    ends = None if seconds is None else books.now + timedelta(seconds=seconds)
    id_, reference = books.name("hold"), said.get("reference", "")
    position = books.record(f"account-{code}", "hold_placed")
    hold = Hold(id_, code, amount, ends, payee, reference, position)
    account.holds[id_] = hold
    return {"hold": hold.shown(books.now)}


def capture_hold(books: Books, who: Who, said: Said) -> Said:
    hold = _open_hold(books, who, said)
    code, payee = said["account"], said.get("payee", hold.payee)
    if payee is None:
        raise No("payee-missing", 400, "/payee", hold=hold.id)
    if hold.payee not in (None, payee):
        raise No("payee-mismatch", pointer="/payee", hold=hold.id)
    if payee == code:
        raise No("same-account", account=code)
    if hold.payee is None:
        books.seen(who, payee, "/payee")
    _require_like(books, code, payee)
    remaining = hold.remaining(books.now)
    amount = int(said.get("amount", remaining))
    if amount > remaining:
        facts = {"remaining": str(remaining), "requested": str(amount)}
        raise No("exceeds-hold", pointer="/amount", hold=hold.id, **facts)
    books.in_use(code, "debit")
    books.in_use(payee, "credit")
    books.covers(payee, "credit", amount)
    today, transfer = str(books.today), books.name("transfer")
    hold.position = books.move(code, "hold_captured", transfer, amount, today)
    hold.captures.append((transfer, amount))
    if said.get("final", True) or amount == remaining:
        hold.ended = "captured"
    legs = [(code, "debit", amount), (payee, "credit", amount)]
    books.post(transfer, legs, today, reference=hold.reference)
    books.move(payee, "account_credited", transfer, amount, today)
    return {"hold": hold.shown(books.now), "transfer": books.transfers[transfer].shown()}


def release_hold(books: Books, who: Who, said: Said) -> Said:
    hold = _open_hold(books, who, said)
    hold.position = books.record(f"account-{hold.account}", "hold_released")
    hold.ended = "released"
    return {"hold": hold.shown(books.now)}


def expire_holds(books: Books, who: Who, said: Said) -> Said:
    """What is overdue was expired before this could be decided."""
    if not who.is_product:
        raise No("forbidden", 403)
    if said["account"] not in books.accounts:
        raise No("account-not-found", 404, account=said["account"])
    return {"account": books.show(said["account"])}


def expire(books: Books, code: str) -> bool:
    """Record that the time of an account's holds is over; whether there were any."""
    account = books.accounts.get(code)
    holds = account.holds.values() if account else ()
    over = [hold for hold in holds if not hold.ended and hold.status(books.now) == "expired"]
    if over:
        position = books.record(f"account-{code}", "hold_expired")
        for hold in over:
            hold.ended, hold.position = "expired", position
    return bool(over)


def _open_hold(books: Books, who: Who, said: Said) -> Hold:
    code, found = said["account"], books.hold(said["hold"])
    hold = found if found and found.account == code else None
    payee = hold.payee if hold else None
    if not (books.sees(who, code) or books.sees(who, payee)):
        raise No("account-not-found", 404, account=code)
    if hold is None:
        raise No("hold-not-found", 404, hold=said["hold"])
    is_payee = payee is not None and books.accounts[payee].owner == who.id
    if not (who.may("operate") or is_payee):
        raise No("forbidden", 403)
    if hold.status(books.now) != "open":
        raise No("hold-not-open", hold=hold.id)
    return hold


def _require_payee(books: Books, who: Who, payer: Account, code: str) -> None:
    """A payee that could be credited now; a stranger to it learns only whether that is so."""
    if books.sees(who, code):
        if books.accounts[code].side != "credit" and not who.may("operate"):
            raise No("forbidden", 403)
        _require_like(books, payer.code, code)
        books.in_use(code, "credit")
    elif who.may("view"):
        raise No("account-not-found", 404, "/payee", account=code)
    else:
        payee = books.accounts.get(code)
        good = payee is not None and payee.side == "credit" and payee.currency == payer.currency
        if not good or payee.closed or payee.refuses("credit"):
            raise No("payee-unavailable", pointer="/payee")


def _require_like(books: Books, *codes: str) -> None:
    currencies = {code: books.accounts[code].currency for code in codes}
    if len(set(currencies.values())) > 1:
        raise No("currency-mismatch", accounts=currencies)
