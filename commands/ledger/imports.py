"""The two import files of the ledger: their columns, and how rows become bodies of commands."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from commands.engine.decider import Principal
from commands.engine.importing import Item, Row
from commands.engine.uploading import Format
from eventstore.events.currencies import currency, from_decimal_text, to_decimal_text

ACCOUNTS = ("code", "name", "currency", "normal_balance", "overdraft_limit", "owner")
SIDES = ("debit", "credit")
TRANSFERS = ("reference", "effective_on", "debit", "credit", "amount", "currency", "description")

Rows = Iterable[Row]
Body = Mapping[str, Any]
OwnerOf = Callable[[str], str]
"""The id of a user by name; ValueError when there is none."""


def accounts(rows: Rows, owner_of: OwnerOf | None = None) -> Iterator[Item]:
    """Each row opens an account; an empty limit is unlimited, the owner a user's name."""
    owner_of = owner_of or cache(_owner)
    for row in rows:
        try:
            yield Item([row], row["code"], _account(row, owner_of))
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


def _account(row: Row, owner_of: OwnerOf) -> dict[str, Any]:
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
        body["owner"] = owner_of(row["owner"])
    return body


def _transfer(reference: str, rows: Sequence[Row]) -> dict[str, Any]:
    for row in rows:
        _readable(row)
    if not reference:
        raise ValueError(_("a reference is required"))
    first, mixed = rows[0], len({row["currency"] for row in rows}) > 1
    legs: list[dict[str, str]] = []
    for row in rows:
        if (row["effective_on"], row["description"]) != (
            first["effective_on"],
            first["description"],
        ):
            raise ValueError(_("rows of one reference have one date and one description"))
        amount = _minor(row["amount"], row["currency"])
        sides = [(side, row[side]) for side in SIDES if row[side]]
        if not sides:
            raise ValueError(_("debit or credit must name an account"))
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
        raise ValueError(_("currency {code!r} is not known").format(code=code))
    try:
        return str(from_decimal_text(text, found.exponent))
    except ValueError:
        said = _(
            "{text} is not an amount: write digits, with at most {decimals} decimals after a point."
        )
        raise ValueError(said.format(text=repr(text[:60]), decimals=found.exponent)) from None


def _owner(name: str) -> str:
    return _known(name, _users([name]))


def _users(names: Iterable[str]) -> dict[str, UUID]:
    users = get_user_model().objects.filter(username__in=names)
    return dict(users.values_list("username", "pk"))


def _known(name: str, users: Mapping[str, UUID]) -> str:
    if name not in users:
        raise ValueError(_("there is no user {name!r}").format(name=name))
    return str(users[name])


# --- files that people upload ----------------------------------------------------------------


def _accounts_for(rows: Sequence[Row], principal: Principal) -> Iterator[Item]:
    """Accounts as somebody asks for them: who is not staff learns no names of others."""
    users = _users({row["owner"] for row in rows})
    if principal.may("operate"):
        return accounts(rows, lambda name: _known(name, users))
    return accounts(rows, lambda name: _oneself(users.get(name), principal))


def _oneself(user: UUID | None, principal: Principal) -> str:
    if user != principal.user:
        raise ValueError(_("only staff open accounts for others"))
    return str(user)


def _account_rows(bodies: Sequence[Body]) -> list[list[list[str]]]:
    names = _names({UUID(body["owner"]) for body in bodies if "owner" in body})
    return [[_account_row(body, names)] for body in bodies]


def _account_row(body: Body, names: Mapping[UUID, str]) -> list[str]:
    limit = body["overdraft_limit"]
    return [
        body["code"],
        body["name"],
        body["currency"],
        body.get("normal_balance", ""),
        "" if limit is None else _decimal(limit, body["currency"]),
        names.get(UUID(body["owner"]), "") if "owner" in body else "",
    ]


def _names(users: Collection[UUID]) -> dict[UUID, str]:
    found = get_user_model().objects.filter(pk__in=users)
    return dict(found.values_list("pk", "username"))


def _transfer_rows(bodies: Sequence[Body]) -> list[list[list[str]]]:
    return [list(_leg_rows(body)) for body in bodies]


def _leg_rows(body: Body) -> Iterator[list[str]]:
    for leg in body["legs"]:
        sides = [leg["account"] if leg["direction"] == side else "" for side in SIDES]
        code = leg.get("currency") or body["currency"]
        day, amount = body.get("effective_on", ""), _decimal(leg["amount"], code)
        yield [body["reference"], day, *sides, amount, code, body["description"]]


def _decimal(minor: str, code: str) -> str:
    found = currency(code)
    return to_decimal_text(int(minor), found.exponent) if found else minor


FORMATS = {
    "transfers": Format(
        command="post_transfer",
        columns=TRANSFERS,
        items=lambda rows, principal: transfers(rows),
        rows=_transfer_rows,
        example=(
            "example-1,,example:bank,example:wallet,50.00,EUR,Top-up\n"
            'example-2,,example:wallet,,12.50,EUR,"Tea, with its tax"\n'
            'example-2,,,example:sales,10.50,EUR,"Tea, with its tax"\n'
            'example-2,,,example:tax,2.00,EUR,"Tea, with its tax"\n'
        ),
    ),
    "accounts": Format(
        command="open_account",
        columns=ACCOUNTS,
        items=_accounts_for,
        rows=_account_rows,
        example=(
            "example:bank,The bank,EUR,credit,,\n"
            "example:wallet,A wallet,EUR,credit,0,\n"
            "example:sales,Sales,EUR,credit,0,\n"
            "example:tax,Tax on sales,EUR,credit,0,\n"
        ),
    ),
}
"""What may be uploaded, by name."""
