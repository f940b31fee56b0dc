"""An account over time as pictures, each with the same in a table beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from eventstore import svg
from eventstore.events.currencies import to_readable_text
from projections.ledger.days import Month
from projections.ledger.models import Balance

MOST_MONTHS = 24
"""So many months are shown, the last ones."""
LONG = 20
"""Longer figures have no room beside a picture; they stand in the table."""


@dataclass(frozen=True, slots=True)
class Charts:
    """The pictures, what stands in the table, and the position that the worker has come to."""

    balance: SafeString
    flows: SafeString
    months: Sequence[Month]
    position: int


def charts(of: Balance, months: Sequence[Month], position: int) -> Charts | None:
    """The charts of an account's last months; None when there is nothing to be seen."""
    shown = months[-MOST_MONTHS:]
    if not shown:
        return None

    def show(amount: int) -> str:
        return f"{to_readable_text(amount, of.exponent)} {of.currency}"

    def mark(amount: int) -> str:
        return f"{_mark(amount, of.exponent)} {of.currency}"

    span = f"{_place(shown[0])} to {_place(shown[-1])}; the table below has the figures."
    return Charts(
        svg.levels(
            "Balance at the end of each month",
            f"{span} It was {show(shown[-1].balance)} at the last.",
            [_column(each, [each.balance], show(each.balance)) for each in shown],
            mark,
        ),
        svg.flows(
            "In and out by month",
            f"{span} What came in stands above the line, what went out below.",
            [
                _column(each, [each.into, each.out], f"{show(each.into)} in, {show(each.out)} out")
                for each in shown
            ],
            ("in", "out"),
            mark,
        ),
        shown[::-1],
        position,
    )


def _mark(amount: int, exponent: int) -> str:
    """An amount beside a line of a picture; a long one by its first digits."""
    text = to_readable_text(amount, exponent)
    if len(text) <= LONG:
        return text
    digits = str(abs(amount))
    power = len(digits) - 1 - exponent
    return f"{'−' if amount < 0 else ''}{digits[0]}.{digits[1:3]} × 10^{power}"


def _column(of: Month, values: Sequence[int], said: str) -> svg.Column:
    return svg.Column(_place(of), values, f"{_place(of)}: {said}")


def _place(of: Month) -> str:
    return f"{of.first:%Y-%m}"
