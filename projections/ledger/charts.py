"""An account over time as pictures, each with the same in a table beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from eventstore import svg
from eventstore.localized import decimal_mark, to_readable_text
from projections.ledger import queries
from projections.ledger.days import Course, Step
from projections.ledger.models import Balance

MOST_MONTHS = 24
"""So many months are shown, the last ones; days are all shown."""
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
    """The pictures, what stands in the table, and the position that the worker has come to.

    The table has no days on which nothing was posted; the pictures have.
    """

    balance: SafeString
    flows: SafeString
    by_day: bool
    steps: Sequence[Step]
    position: int


def charts(of: Balance, course: Course, position: int) -> Charts | None:
    """The charts of an account's days or of its last months; None when nothing is to be seen."""
    by_day = course.by_day
    shown = course.steps if by_day else course.steps[-MOST_MONTHS:]
    if not shown:
        return None
    steps = [each for each in reversed(shown) if each.into or each.out or not by_day]
    places = [_place(each, by_day) for each in shown]
    return Charts(
        _balances(of, shown, places, by_day),
        _flows(of, shown, places, by_day),
        by_day,
        steps,
        position,
    )


def _balances(
    of: Balance, shown: Sequence[Step], places: Sequence[str], by_day: bool
) -> SafeString:
    said = _("{first} to {last}; the table below has the figures. It was {amount} at the last.")
    levels = [_show(each.balance, of) for each in shown]
    return svg.levels(
        _("Balance at the end of each day") if by_day else _("Balance at the end of each month"),
        said.format(first=places[0], last=places[-1], amount=levels[-1]),
        [
            svg.Column(place, [each.balance], f"{place}: {level}")
            for place, each, level in zip(places, shown, levels, strict=True)
        ],
        lambda amount: _mark(amount, of),
    )


def _flows(of: Balance, shown: Sequence[Step], places: Sequence[str], by_day: bool) -> SafeString:
    said = _(
        "{first} to {last}; the table below has the figures."
        " What came in stands above the line, what went out below."
    )
    both = _("{into} in, {out} out")
    flows = [both.format(into=_show(each.into, of), out=_show(each.out, of)) for each in shown]
    return svg.flows(
        _("In and out by day") if by_day else _("In and out by month"),
        said.format(first=places[0], last=places[-1]),
        [
            svg.Column(place, [each.into, each.out], f"{place}: {flow}")
            for place, each, flow in zip(places, shown, flows, strict=True)
        ],
        ("in", "out"),
        lambda amount: _mark(amount, of),
    )


def _place(of: Step, by_day: bool) -> str:
    return date_format(of.first, "DATE_FORMAT") if by_day else f"{of.first:%Y-%m}"


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
    return f"{sign}{digits[0]}{decimal_mark()}{digits[1:3]} × 10^{power} {of.currency}"
