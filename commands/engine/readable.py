"""Outcomes as people read them: facts as pairs of words, money as decimals of its currency."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from commands.engine.spoken import spoken
from eventstore.events.currencies import currency
from eventstore.localized import to_readable_text

_DIGITS = re.compile(r"-?[0-9]+")
_OF_A_SET = frozenset({"scope", "state", "was"})
"""Facts that are one of a few words."""


def phrase(name: str) -> str:
    """A name as a phrase in the language of who reads it."""
    return spoken(words(name))


def words(name: str) -> str:
    """A name as a phrase: `post_transfer` is "Post transfer"."""
    return name.replace("_", " ").replace("-", " ").capitalize()


def money(minor: int | str, code: str) -> str:
    """An amount with its currency; in minor units where nobody knows its decimals any more."""
    found = currency(code)
    if found is None:
        amount = to_readable_text(int(minor), 0)
        return _("{amount} minor units of {currency}").format(amount=amount, currency=code)
    return decimal(int(minor), found.exponent, code)


def decimal(minor: int, exponent: int, code: str) -> str:
    """An amount with its currency, in decimals."""
    return f"{to_readable_text(minor, exponent)} {code}"


def facts(of: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A refusal's facts; digits beside a `currency` are money in it."""
    code = of.get("currency")
    said = []
    for name, value in of.items():
        if isinstance(value, Mapping):
            said.append((phrase(name), ", ".join(f"{key} {item}" for key, item in value.items())))
        elif isinstance(code, str) and isinstance(value, str) and _DIGITS.fullmatch(value):
            said.append((phrase(name), money(value, code)))
        elif name == "index" and isinstance(value, int):
            said.append((_("Command"), _("number {number}").format(number=value + 1)))
        elif name != "currency":
            shown = spoken(str(value)) if name in _OF_A_SET else str(value)
            said.append((phrase(name), shown))
    return said
