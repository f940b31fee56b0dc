"""An account over time as pictures, each with the same in a table beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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

    return Charts(_balances(of, shown), _flows(of, shown), shown[::-1], position)


def _balances(of: Balance, shown: Sequence[Month]) -> SafeString:
    said = _("{first} to {last}; the table below has the figures. It was {amount} at the last.")
    return svg.levels(
        _("Balance at the end of each month"),
        said.format(**_ends(shown), amount=_show(shown[-1].balance, of)),
        [_column(each, [each.balance], _show(each.balance, of)) for each in shown],
        lambda amount: _mark(amount, of),
    )


def _flows(of: Balance, shown: Sequence[Month]) -> SafeString:
    said = _(
        "{first} to {last}; the table below has the figures."
        " What came in stands above the line, what went out below."
    )
    both = _("{into} in, {out} out")
    columns = [
        _column(
            each,
            [each.into, each.out],
            both.format(into=_show(each.into, of), out=_show(each.out, of)),
        )
        for each in shown
    ]
    return svg.flows(
        _("In and out by month"),
        said.format(**_ends(shown)),
        columns,
        ("in", "out"),
        lambda amount: _mark(amount, of),
    )


def _ends(shown: Sequence[Month]) -> dict[str, str]:
    return {"first": _place(shown[0]), "last": _place(shown[-1])}


def sparks(accounts: Sequence[Balance]) -> dict[str, SafeString]:
    """A small line for each of these accounts through the balances after its last entries."""
    return {
        of.account: svg.spark(_over(len(levels) - 1), levels) for of, levels in _levels(accounts)
    }


def _over(entries: int) -> str:
    said = ngettext(
        "Balance over the last {n} entries", "Balance over the last {n} entries", entries
    )
    return said.format(n=entries)


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


def _show(amount: int, of: Balance) -> str:
    return f"{to_readable_text(amount, of.exponent)} {of.currency}"


def _mark(amount: int, of: Balance) -> str:
    """An amount beside a line of a picture; a long one by its first digits."""
    if len(to_readable_text(amount, of.exponent)) <= LONG:
        return _show(amount, of)
    digits = str(abs(amount))
    power = len(digits) - 1 - of.exponent
    sign = "−" if amount < 0 else ""
    return f"{sign}{digits[0]}.{digits[1:3]} × 10^{power} {of.currency}"


def _column(of: Month, values: Sequence[int], said: str) -> svg.Column:
    return svg.Column(_place(of), values, f"{_place(of)}: {said}")


def _place(of: Month) -> str:
    return f"{of.first:%Y-%m}"
