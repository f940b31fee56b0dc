"""Forms about transfers: legs row by row, amounts in the decimals of their accounts."""

from collections.abc import Iterator, Mapping
from typing import Any

from commands.engine.decider import Principal, States
from commands.engine.forms import Body, Texts
from commands.engine.run import look
from commands.ledger.forms.fields import given, money, put
from commands.ledger.state import Account
from eventstore.converters import CODE, MAX_CODE
from eventstore.events.ledger import account_stream

SHARED = ("description", "reference", "effective_on")
LEG = ("account", "direction", "amount")


def legs(texts: Texts) -> list[Texts]:
    """The legs that stand in a form, in their order; those with nothing in them left out."""
    rows = []
    number = 0
    while f"legs/{number}/direction" in texts:
        row = {name: texts.get(f"legs/{number}/{name}", "") for name in LEG}
        if row["account"] or row["amount"]:
            rows.append(row)
        number += 1
    return rows


def numbered(rows: list[Texts]) -> Texts:
    """Legs as texts of a form."""
    return {f"legs/{n}/{name}": row[name] for n, row in enumerate(rows) for name in LEG}


def accounts(texts: Texts, principal: Principal) -> dict[str, Account]:
    """The accounts that a transfer's form names, as far as one may see them."""
    named = [texts.get("from", ""), texts.get("to", ""), *(leg["account"] for leg in legs(texts))]
    codes = [code for code in named if len(code) <= MAX_CODE and CODE.fullmatch(code)]
    return seen(look(account_stream(code) for code in codes), codes, principal)


def seen(states: States, codes: list[str], principal: Principal) -> dict[str, Account]:
    """Those of the accounts that exist and that one may see."""
    found = {code: states[account_stream(code)] for code in codes}
    return {
        code: account
        for code, account in found.items()
        if account.exists and principal.sees(code, account.owner)
    }


def posting(texts: Texts, named: Mapping[str, Account]) -> Body:
    """The body of post_transfer, its amounts in the decimals of their accounts.

    An account that one may not see has the decimals of the first that one does. Where there is
    none the rule refuses the transfer anyway.
    """
    body = given(texts, *SHARED)
    usual = next((account.exponent for account in named.values()), None)

    def exponent(code: str) -> int | None:
        return named[code].exponent if code in named else usual

    if "from" in texts:
        body.data |= {name: texts[name] for name in ("from", "to") if texts.get(name)}
        put(body, "amount", texts.get("amount", ""), exponent(texts["from"]))
        return body
    body.data["legs"] = rows = [
        {name: value for name, value in leg.items() if value} for leg in legs(texts)
    ]
    for number, leg in enumerate(rows):
        part = Body()
        put(part, "amount", leg.get("amount", ""), exponent(leg.get("account", "")))
        leg |= part.data
        body.wrong |= {f"/legs/{number}{key}": said for key, said in part.wrong.items()}
    return body


def lowered(transfer: Mapping[str, Any], found: Mapping[str, Account]) -> Iterator[Account]:
    """The accounts from which a transfer takes."""
    for code, account in found.items():
        net = sum(
            int(leg["amount"])
            if leg["direction"] == account.normal_balance
            else -int(leg["amount"])
            for leg in transfer["legs"]
            if leg["account"] == code
        )
        if net < 0:
            yield account


def left(transfer: Mapping[str, Any], found: Mapping[str, Account]) -> list[dict[str, Any]]:
    """What is left on the accounts from which a transfer takes, for people to read."""
    return [
        {
            "code": account.code,
            "unlimited": account.available is None,
            "money": money(
                account.posted if account.available is None else account.available, account
            ),
        }
        for account in lowered(transfer, found)
    ]


def reversing(texts: Texts) -> Body:
    """The body of reverse_transfer."""
    body = given(texts, "reason", "effective_on")
    if texts.get("force"):
        body.data["force"] = True
    return body
