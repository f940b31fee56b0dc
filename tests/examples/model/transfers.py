"""The model's rules about transfers: who may, that they balance, and that the funds are there."""

from typing import Any

from tests.examples.model.books import Books, Legs, Who, nets
from tests.examples.model.entities import No

Said = dict[str, Any]


def legs_of(said: Said) -> Legs:
    """From, to, amount are two legs."""
    if "legs" in said:
        return [(leg["account"], leg["direction"], int(leg["amount"])) for leg in said["legs"]]
    amount = int(said["amount"])
    return [(said["from"], "debit", amount), (said["to"], "credit", amount)]


def admitted(books: Books, who: Who, said: Said) -> Legs:
    """What a transfer would change, if somebody may move that; its date and funds apart."""
    legs = legs_of(said)
    changes = nets(legs)
    if len(changes) == 1 or all(amount == 0 for _, _, amount in changes):
        raise No("same-account", account=legs[0][0])
    _admit(books, who, said)
    _balance(books, said)
    for code, direction, _ in legs:
        books.in_use(code, direction)
    return changes


def post_transfer(books: Books, who: Who, said: Said) -> Said:
    legs, changes = legs_of(said), admitted(books, who, said)
    effective_on = books.business_date(said.get("effective_on"))
    for code, direction, amount in changes:
        books.covers(code, direction, amount)
    about = {name: said[name] for name in ("description", "reference", "metadata") if name in said}
    transfer = books.post(books.name("transfer"), legs, effective_on, **about)
    books.move_all(legs, transfer, effective_on)
    return {"transfer": books.transfers[transfer].shown()}


def reverse_transfer(books: Books, who: Who, said: Said) -> Said:
    id_ = said["transfer"]
    original = books.transfers.get(id_)
    seen = [books.sees(who, code) for code, _, _ in original.legs] if original else []
    if original is None or not any(seen):
        raise No("transfer-not-found", 404, transfer=id_)
    force = said.get("force", False)
    if not (who.may("operate") and all(seen)) or (force and not who.may("force")):
        raise No("forbidden", 403)
    if original.told["reverses"]:
        raise No("not-reversible", transfer=id_, reverses=original.told["reverses"])
    if original.told["reversed_by"]:
        raise No("already-reversed", transfer=id_, reversed_by=original.told["reversed_by"])
    other = {"debit": "credit", "credit": "debit"}
    legs = [(code, other[direction], amount) for code, direction, amount in original.legs]
    for code, direction, _ in legs:
        books.in_use(code, direction)
    effective_on = books.business_date(said.get("effective_on"))
    if effective_on < original.told["effective_on"]:
        facts = {"effective_on": effective_on, "earliest": original.told["effective_on"]}
        raise No("date-in-past", pointer="/effective_on", **facts)
    if not force:
        for code, direction, amount in nets(legs):
            books.covers(code, direction, amount)
    about = {"description": said["reason"], "reference": original.told["reference"]}
    reversal = books.post(books.name("transfer"), legs, effective_on, reverses=id_, **about)
    books.record(f"transfer-{id_}", "transfer_reversed")
    original.told["reversed_by"] = reversal
    books.move_all(legs, reversal, effective_on)
    return {"transfer": books.transfers[reversal].shown()}


def _admit(books: Books, who: Who, said: Said) -> None:
    """The owner of every account that is lowered, the rest being credit-normal; or operators.

    A payee that may not be seen is only ever unavailable.
    """
    legs = legs_of(said)
    net = {code: (direction, amount) for code, direction, amount in nets(legs)}
    difference = sum(amount if side == "credit" else -amount for _, side, amount in legs)
    for index, (code, direction, _) in enumerate(legs):
        pointer = f"/legs/{index}/account" if "legs" in said else ("/from", "/to")[index]
        side, amount = net[code]
        if books.sees(who, code):
            account = books.accounts[code]
            lowered = amount > 0 and side != account.side
            allowed = account.owner == who.id if lowered else account.side == "credit"
            if not (who.may("operate") or allowed):
                raise No("forbidden", 403)
        elif who.may("view") or side == "debit" or amount == 0:
            raise No("account-not-found", 404, pointer, account=code)
        elif difference != 0:
            raise No("not-balanced", difference=str(difference))
        elif not (_can_be_paid(books, code, direction) and _is_balanced(books, said)):
            raise No("payee-unavailable", pointer=pointer)


def _can_be_paid(books: Books, code: str, direction: str) -> bool:
    account = books.accounts.get(code)
    if account is None or account.closed or account.refuses(direction):
        return False
    return account.side == "credit"


def _is_balanced(books: Books, said: Said) -> bool:
    try:
        _balance(books, said)
    except No:
        return False
    return True


def _currency(books: Books, code: str) -> str:
    """The currency of an account; one that is not there has none."""
    account = books.accounts.get(code)
    return account.currency if account else ""


def _balance(books: Books, said: Said) -> None:
    legs = legs_of(said)
    accounts = {code: _currency(books, code) for code, _, _ in legs}
    currency = said.get("currency")
    if currency is not None and any(found != currency for found in accounts.values()):
        raise No("currency-mismatch", currency=currency, accounts=accounts)
    for index, leg in enumerate(said.get("legs", ())):
        if leg.get("currency", accounts[leg["account"]]) != accounts[leg["account"]]:
            pointer = f"/legs/{index}/currency"
            facts = {"currency": leg["currency"], "accounts": accounts}
            raise No("currency-mismatch", pointer=pointer, **facts)
    for each in dict.fromkeys(accounts.values()):
        of_it = [(side, amount) for code, side, amount in legs if accounts[code] == each]
        difference = sum(amount if side == "credit" else -amount for side, amount in of_it)
        if difference and len(legs) == 2 and len(set(accounts.values())) == 2:
            raise No("currency-mismatch", accounts=accounts)
        if difference:
            raise No("not-balanced", currency=each, difference=str(difference))
