"""Forms about accounts: texts as people write them become the bodies that the API takes."""

import re
from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from commands.engine.decider import Principal
from commands.engine.forms import Body, Texts
from commands.ledger.forms.fields import given, put
from commands.ledger.state import Account
from eventstore.events.currencies import currency
from eventstore.localized import to_editable_text

_METADATA = re.compile(r"((?:[^\\:]|\\.)*):(.*)", re.DOTALL)


def may_open_account(principal: Principal) -> bool:
    """Whether there is any account that they could open."""
    return principal.may("operate") or bool(settings.DAYBOOK_SELF_SERVICE)


def opening(texts: Texts, *, staff: bool) -> Body:
    """The body of open_account; who is not staff opens a plain account of their own."""
    body = given(texts, "code", "name", "currency")
    if not staff:
        return body
    if texts.get("normal_balance"):
        body.data["normal_balance"] = texts["normal_balance"]
    if texts.get("unlimited"):
        body.data["overdraft_limit"] = None
    elif texts.get("overdraft_limit"):
        found = currency(texts.get("currency", ""))
        exponent = found.exponent if found else None
        put(body, "overdraft_limit", texts["overdraft_limit"], exponent, least=0)
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


def limit(account: Account) -> Texts:
    """The texts that say an account's overdraft limit."""
    found = account.overdraft_limit
    return {
        "overdraft_limit": "" if found is None else to_editable_text(found, account.exponent),
        "unlimited": "yes" if found is None else "",
    }


def limiting(texts: Texts, account: Account) -> Body:
    """The body of change_overdraft_limit."""
    body = given(texts, "reason")
    if texts.get("unlimited"):
        body.data["overdraft_limit"] = None
    else:
        put(body, "overdraft_limit", texts.get("overdraft_limit", ""), account.exponent, least=0)
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
        body.wrong["/owner"] = gettext_noop("There is no user with this name.")


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
            said = _("Write one “key: value” a line, each key once: {line}")
            body.wrong["/metadata"] = said.format(line=line[:60])
            continue
        found[key] = _unescaped(match[2].removeprefix(" "))
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], text)
