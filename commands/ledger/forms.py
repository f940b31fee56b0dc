"""The ledger's forms: texts as people write them become the bodies that the API takes."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model

from commands.engine.decider import Principal, States
from commands.engine.forms import Body, Texts
from commands.engine.parsing import MAX_DIGITS
from commands.engine.run import look
from commands.ledger.state import Account
from eventstore.converters import CODE, MAX_CODE
from eventstore.events.currencies import currency, from_decimal_text
from eventstore.events.ledger import account_stream

SHARED = ("description", "reference", "effective_on")
LEG = ("account", "direction", "amount")
_METADATA = re.compile(r"((?:[^\\:]|\\.)*):(.*)", re.DOTALL)


def may_open_account(principal: Principal) -> bool:
    """Whether there is any account that they could open."""
    return principal.may("operate") or bool(settings.DAYBOOK_SELF_SERVICE)


# --- accounts --------------------------------------------------------------------------------


def opening(texts: Texts, *, staff: bool) -> Body:
    """The body of open_account; who is not staff opens a plain account of their own."""
    body = Body({name: texts[name] for name in ("code", "name", "currency") if texts.get(name)})
    if not staff:
        return body
    if texts.get("normal_balance"):
        body.data["normal_balance"] = texts["normal_balance"]
    if texts.get("unlimited"):
        body.data["overdraft_limit"] = None
    elif texts.get("overdraft_limit"):
        found = currency(texts.get("currency", ""))
        exponent = found.exponent if found else None
        _put(body, "overdraft_limit", texts["overdraft_limit"], exponent, least=0)
    if texts.get("owner"):
        _own(body, texts["owner"])
    return body


def details(account: Account, owner: str) -> Texts:
    """The texts of the form that changes an account's details."""
    return {"name": account.name, "owner": owner, "metadata": _lines(account.metadata)}


def changing(texts: Texts, *, staff: bool) -> Body:
    """The body of change_account_details; what is as before changes nothing."""
    body = Body({"name": texts.get("name", "")})
    body.data["metadata"] = _read(body, texts.get("metadata", ""))
    if staff:
        body.data["owner"] = None
        if texts.get("owner"):
            _own(body, texts["owner"])
    return body


def user_name(id_: UUID | None) -> str:
    """The name of a user; their id where they have none any more."""
    if id_ is None:
        return ""
    found = get_user_model().objects.filter(pk=id_).values_list("username", flat=True).first()
    return str(found or id_)


def _own(body: Body, name: str) -> None:
    """Put the owner, given by name or id, into a body."""
    users = get_user_model().objects.values_list("pk", flat=True)
    try:
        # A name with a NUL is one that the database cannot even be asked for.
        known = None if "\0" in name else users.filter(username=name).first()
        body.data["owner"] = str(known or UUID(name))
    except ValueError:
        body.wrong["/owner"] = "There is no user with this name."


def _lines(metadata: Mapping[str, str]) -> str:
    """Metadata as lines of `key: value`; a backslash stands before what would be misread."""
    return "\n".join(
        f"{_escaped(key).replace(':', chr(92) + ':')}: {_escaped(value)}"
        for key, value in metadata.items()
    )


def _read(body: Body, text: str) -> dict[str, str]:
    """The metadata that such lines mean."""
    found: dict[str, str] = {}
    for line in text.split("\n") if text else ():
        match = _METADATA.fullmatch(line)
        key = _unescaped(match[1].strip()) if match else ""
        if match is None or not key or key in found:
            body.wrong["/metadata"] = f"Write one “key: value” a line, each key once: {line[:60]}"
            continue
        found[key] = _unescaped(match[2].removeprefix(" "))
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], text)


# --- transfers -------------------------------------------------------------------------------


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
    body = Body({name: texts[name] for name in SHARED if texts.get(name)})
    usual = next((account.exponent for account in named.values()), None)

    def exponent(code: str) -> int | None:
        return named[code].exponent if code in named else usual

    if "from" in texts:
        body.data |= {name: texts[name] for name in ("from", "to") if texts.get(name)}
        _put(body, "amount", texts.get("amount", ""), exponent(texts["from"]))
        return body
    body.data["legs"] = rows = [
        {name: value for name, value in leg.items() if value} for leg in legs(texts)
    ]
    for number, leg in enumerate(rows):
        part = Body()
        _put(part, "amount", leg.get("amount", ""), exponent(leg.get("account", "")))
        leg |= part.data
        body.wrong |= {f"/legs/{number}{key}": said for key, said in part.wrong.items()}
    return body


def _put(body: Body, name: str, text: str, exponent: int | None, *, least: int = 1) -> None:
    """Put a decimal into a body as minor units; an exponent of None takes it as it stands."""
    if not text:
        return
    try:
        decimals = len(text.partition(".")[2]) if exponent is None else exponent
        minor = from_decimal_text(text, decimals)
        if minor < least:
            raise ValueError("An amount is more than zero.")
        if minor >= 10**MAX_DIGITS:
            raise ValueError(f"An amount has at most {MAX_DIGITS} digits.")
        body.data[name] = str(minor)
    except ValueError as error:
        body.wrong[f"/{name}"] = str(error)


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
