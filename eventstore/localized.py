"""Amounts as people of a language write and read them: 1,234.50 in English, 1.234,50 in German.

What programs exchange is plain: see `events.currencies`.
"""

import re

from django.utils.formats import get_format
from django.utils.translation import gettext as _

from eventstore.events import currencies

SHOWN = 60
"""How much of a text that is no amount is repeated to who wrote it."""


def to_readable_text(minor: int, exponent: int) -> str:
    """Write minor units as people read them: -1234567 with exponent 2 is −12,345.67."""
    text = currencies.to_readable_text(minor, exponent)
    return text.translate({ord(","): thousands_mark(), ord("."): decimal_mark()})


def counted(number: int) -> str:
    """Write a whole number as people read it: 1234 is 1,234."""
    return to_readable_text(number, 0)


def to_editable_text(minor: int, exponent: int) -> str:
    """Write minor units as they stand in a field: 123450 with exponent 2 is 1234.50."""
    return currencies.to_decimal_text(minor, exponent).replace(".", decimal_mark())


def from_text(text: str, exponent: int | None) -> int:
    """Read a decimal that a person wrote as minor units; None takes as many decimals as there are.

    Groups of thousands are read where nothing else can be meant, and so is a decimal point in a
    language that has a comma.

    Raises:
        ValueError: it is no amount, or could be two; the sentence says how to write it.
    """
    plain = _plain(text, decimal_mark(), thousands_mark())
    if plain is None:
        said = _("{text} is not an amount: write digits, decimals after a point.")
        if text.startswith(("-", "−")):
            said = _("{text} is negative.")
        elif re.fullmatch(r"[0-9]{1,3}[.,][0-9]{3}", text, re.ASCII):
            said = _("{text} could be two amounts: write it without a mark between thousands.")
        raise ValueError(said.format(text=repr(text[:SHOWN])))
    decimals = len(plain.partition(".")[2])
    if exponent is not None and decimals > exponent:
        raise ValueError(
            _("{text} has more than {exponent} decimals.").format(
                text=repr(text[:SHOWN]), exponent=exponent
            )
        )
    return currencies.from_decimal_text(plain, decimals if exponent is None else exponent)


def _plain(text: str, mark: str, group: str) -> str | None:
    """The decimal with a point that a text means; None where it means none, or one of two."""
    m, g = re.escape(mark), re.escape(group)
    grouped = rf"[0-9]{{1,3}}(?:(?:{g}[0-9]{{3}})+{m}[0-9]+|(?:{g}[0-9]{{3}}){{2,}})"
    if re.fullmatch(rf"[0-9]+(?:{m}[0-9]+)?|{grouped}", text, re.ASCII):
        return text.replace(group, "").replace(mark, ".")
    is_point = re.fullmatch(r"[0-9]+\.[0-9]+", text, re.ASCII)
    # One point before three digits is a group of thousands to some, decimals to others.
    if is_point and not re.fullmatch(rf"[0-9]{{1,3}}{g}[0-9]{{3}}", text, re.ASCII):
        return text
    return None


def decimal_mark() -> str:
    """What stands before decimals in the language that is spoken."""
    return str(get_format("DECIMAL_SEPARATOR"))


def thousands_mark() -> str:
    """What stands between thousands in the language that is spoken."""
    return str(get_format("THOUSAND_SEPARATOR"))
