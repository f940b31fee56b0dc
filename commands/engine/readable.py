"""Outcomes as people read them: facts as pairs of words, money as decimals of its currency."""

import re
from collections.abc import Mapping
from typing import Any

from eventstore.events.currencies import currency
from eventstore.localized import to_readable_text

_DIGITS = re.compile(r"-?[0-9]+")


def words(name: str) -> str:
    """A name as a phrase: `post_transfer` is "Post transfer"."""
    return name.replace("_", " ").replace("-", " ").capitalize()


def money(minor: int | str, code: str) -> str:
    """An amount with its currency; in minor units where nobody knows its decimals any more."""
    found = currency(code)
    if found is None:
        return f"{int(minor):,} minor units of {code}"
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
            said.append((words(name), ", ".join(f"{key} {item}" for key, item in value.items())))
        elif isinstance(code, str) and isinstance(value, str) and _DIGITS.fullmatch(value):
            said.append((words(name), money(value, code)))
        elif name == "index" and isinstance(value, int):
            said.append(("Command", f"number {value + 1}"))
        elif name != "currency":
            said.append((words(name), str(value)))
    return said
