"""An account's statement: its entries by business date, with a running balance.

All on it is as of the position at which it was cut, and of no other time: asked for again with that
position it is the same, whatever was dated back or renamed since. Amounts are minor units.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import QuerySet

from projections.engine.reading import snapshot
from projections.ledger import history, queries
from projections.ledger.history import Moment, Totals
from projections.ledger.models import Balance, Entry, Transfer
from projections.ledger.queries import Line

LOOKED_AT = 5_000
"""Lines that are looked through for a text at a time."""
FORMAT = 1
"""Raised when what is on a statement, or how it is written, becomes another."""
Place = tuple[date, int]
"""Where an entry stands in a statement: business date and position."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Which statement: an account as it was then, and the business dates from and to, if any.

    With a text, only of what has it in its description or reference.
    """

    of: Balance
    moment: Moment
    since: date | None = None
    until: date | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Edges:
    """What a statement is between: the balance before and after it, and what moved in it."""

    opening: int
    closing: int
    debits: int
    credits: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A page of lines by business date, in reading order.

    `before` and `behind` are the balances on the page's two edges, as read from top to bottom.
    Where there is more, it goes on after the place that was looked at `last`.
    """

    lines: list[Line]
    before: int
    behind: int
    last: Place | None


def edges(cut: Cut) -> Edges:
    """The balances between which a statement is, and its sums; two look-ups and a few for days."""
    before, after = _before(cut, cut.since), _totals(cut, cut.until)
    debits, credits_ = after[0] - before[0], after[1] - before[1]
    return Edges(_balance(cut, before), _balance(cut, after), debits, credits_)


def statement(
    cut: Cut, *, after: Place | None = None, limit: int, descending: bool = False
) -> Statement:
    """A page of a statement, each line with the balance after it.

    A text is looked for in so many lines at a time, though none or few of them have it.
    """
    most = LOOKED_AT if cut.text else limit
    rows = list(_by_date(cut, after, descending)[: most + 1])
    more = len(rows) > most
    lines = _lines(cut, rows[:most], descending)
    if not lines:
        opening = _balance(cut, _before(cut, cut.since))
        return Statement([], opening, opening, None)
    earlier = queries.added(cut.of, lines[-1 if descending else 0])
    before, behind = lines[0].balance, lines[-1].balance
    if descending:
        behind -= earlier
    else:
        before -= earlier
    found = [line for line in lines if _has(line, cut.text)]
    if len(found) > limit:
        found, more = found[:limit], True
        lines = found
    last = (lines[-1].effective_on, lines[-1].position) if more else None
    return Statement(found, before, behind, last)


def _has(line: Line, text: str) -> bool:
    sought = text.casefold()
    return sought in line.description.casefold() or sought in line.reference.casefold()


def whole_statement(cut: Cut, *, chunk: int = 1_000) -> Iterator[Line]:
    """Every line of a statement, oldest first, read a few at a time."""
    after: Place | None = None
    while True:
        with snapshot(Entry, Transfer):
            page = statement(cut, after=after, limit=chunk)
        yield from page.lines
        if (after := page.last) is None:
            return


def _by_date(cut: Cut, after: Place | None, descending: bool) -> QuerySet[Entry]:
    found = Entry.objects.filter(account=cut.of.account, position__lte=cut.moment.position)
    if cut.since:
        found = found.filter(effective_on__gte=cut.since)
    if cut.until:
        found = found.filter(effective_on__lte=cut.until)
    if after:
        # The row comparison is what an index can answer.
        row = f"(effective_on, position) {'<' if descending else '>'} (%s, %s)"
        found = found.extra(where=[row], params=list(after))  # noqa: S610
    order = ("-effective_on", "-position") if descending else ("effective_on", "position")
    return found.order_by(*order)


def _lines(cut: Cut, rows: list[Entry], descending: bool) -> list[Line]:
    """These entries, which follow one another, with the balances after them.

    An entry knows what its day has come to; the days before it are summed up once for the page.
    """
    if not rows:
        return []
    first = rows[-1 if descending else 0].effective_on
    debits, credits_ = _before(cut, first)
    balances, day = [], None
    for row in reversed(rows) if descending else rows:
        if day is not None and row.effective_on != day.effective_on:
            debits, credits_ = debits + day.day_debits, credits_ + day.day_credits
        balances.append(_balance(cut, (debits + row.day_debits, credits_ + row.day_credits)))
        day = row
    return queries.lines(rows, balances[::-1] if descending else balances)


def _before(cut: Cut, day: date | None) -> Totals:
    """The totals of all business dates before this one; None is the first there is."""
    if day is None or day == date.min:
        return 0, 0
    return _totals(cut, day - timedelta(days=1))


def _totals(cut: Cut, day: date | None) -> Totals:
    code = cut.of.account
    return history.totals([code], replace(cut.moment, day=day)).get(code, (0, 0))


def _balance(cut: Cut, totals: Totals) -> int:
    return queries.sign(cut.of) * (totals[1] - totals[0])
