"""An account over time as pictures, each with the same in a table beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils.safestring import SafeString

from eventstore import svg
from eventstore.localized import to_readable_text
from projections.ledger import queries
from projections.ledger.days import Month
from projections.ledger.models import Balance

MOST_MONTHS = 24
"""So many months are shown, the last ones."""
SPARKS = 30
"""So many entries make up the small line of an account, the last ones."""
LATEST = """
SELECT wanted, array_agg(debits ORDER BY position), array_agg(credits ORDER BY position)
FROM unnest(%(accounts)s::text[]) AS wanted CROSS JOIN LATERAL (
    SELECT position, debits, credits FROM ledger_entry WHERE account = wanted
    ORDER BY position DESC LIMIT %(most)s + 1) AS last
GROUP BY wanted"""
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


def sparks(accounts: Sequence[Balance]) -> dict[str, SafeString]:
    """A small line for each of these accounts through the balances after its last entries."""
    return {
        of.account: svg.spark(f"Balance over the last {len(levels) - 1} entries", levels)
        for of, levels in _levels(accounts)
    }


def _levels(accounts: Sequence[Balance]) -> Iterator[tuple[Balance, list[int]]]:
    """The accounts that have entries, each with the balances after the last of them, from 0 on.

    Where there were earlier ones the first balance is the one after these.
    """
    with connection.cursor() as cursor:
        cursor.execute(LATEST, {"accounts": [of.account for of in accounts], "most": SPARKS})
        found = {account: (debits, credits_) for account, debits, credits_ in cursor}
    for of in accounts:
        if of.account in found:
            pairs = zip(*found[of.account], strict=True)
            levels = [queries.sign(of) * int(credits_ - debits) for debits, credits_ in pairs]
            yield of, levels if len(levels) > SPARKS else [0, *levels]


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
