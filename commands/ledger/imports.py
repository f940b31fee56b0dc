"""The two import files of the ledger: their columns, and how rows become bodies of commands."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from django.contrib.auth import get_user_model

from commands.engine.importing import Item, Row
from eventstore.events.currencies import currency, from_decimal_text

ACCOUNTS = ("code", "name", "currency", "normal_balance", "overdraft_limit", "owner")
TRANSFERS = ("reference", "effective_on", "debit", "credit", "amount", "currency", "description")

Rows = Iterable[Row]


def accounts(rows: Rows) -> Iterator[Item]:
    """Each row opens an account; an empty limit is unlimited, the owner a user's name."""
    owners: dict[str, str] = {}
    for row in rows:
        try:
            yield Item([row], row["code"], _account(row, owners))
        except ValueError as error:
            yield Item([row], row["code"], error=str(error))


def transfers(rows: Rows) -> Iterator[Item]:
    """Adjacent rows of one reference are a transfer; a side left empty makes the row one leg."""
    for reference, group in groupby(rows, key=lambda row: row["reference"]):
        members = list(group)
        try:
            yield Item(members, reference, _transfer(reference, members))
        except ValueError as error:
            yield Item(members, reference, error=str(error))


def _account(row: Row, owners: dict[str, str]) -> dict[str, Any]:
    _readable(row)
    body: dict[str, Any] = {
        "code": row["code"],
        "name": row["name"],
        "currency": row["currency"],
        "overdraft_limit": None,
    }
    if row["normal_balance"]:
        body["normal_balance"] = row["normal_balance"]
    if row["overdraft_limit"]:
        body["overdraft_limit"] = _minor(row["overdraft_limit"], row["currency"])
    if row["owner"]:
        body["owner"] = _owner(row["owner"], owners)
    return body


def _transfer(reference: str, rows: Sequence[Row]) -> dict[str, Any]:
    for row in rows:
        _readable(row)
    if not reference:
        raise ValueError("a reference is required")
    first, mixed = rows[0], len({row["currency"] for row in rows}) > 1
    legs: list[dict[str, str]] = []
    for row in rows:
        if (row["effective_on"], row["description"]) != (
            first["effective_on"],
            first["description"],
        ):
            raise ValueError("rows of one reference have one date and one description")
        amount = _minor(row["amount"], row["currency"])
        sides = [(side, row[side]) for side in ("debit", "credit") if row[side]]
        if not sides:
            raise ValueError("debit or credit must name an account")
        of = {"currency": row["currency"]} if mixed else {}
        legs += [
            {"account": code, "direction": side, "amount": amount, **of} for side, code in sides
        ]
    body = {"legs": legs, "reference": reference, "description": first["description"]}
    if not mixed:
        body["currency"] = first["currency"]
    return body | ({"effective_on": first["effective_on"]} if first["effective_on"] else {})


def _readable(row: Row) -> None:
    if row.wrong:
        raise ValueError(row.wrong)


def _minor(text: str, code: str) -> str:
    found = currency(code)
    if found is None:
        raise ValueError(f"currency {code!r} is not known")
    return str(from_decimal_text(text, found.exponent))


def _owner(name: str, owners: dict[str, str]) -> str:
    if name not in owners:
        user = get_user_model().objects.filter(username=name).values_list("pk").first()
        if user is None:
            raise ValueError(f"there is no user {name!r}")
        owners[name] = str(user[0])
    return owners[name]
