"""An account's statement: its entries by business date, with a running balance.

All on it is as of the position at which it was cut, and of no other time: asked for again with that
position it is the same, whatever was dated back or renamed since. Amounts are minor units.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from django.db import connection
from django.db.models import QuerySet

from projections.engine.reading import snapshot
from projections.ledger import history, queries
from projections.ledger.history import Moment, Totals
from projections.ledger.models import Balance, Entry, Transfer
from projections.ledger.queries import Line

# Of the entries of one account each is looked up: the table of transfers is never read through.
HAS = """EXISTS (SELECT FROM ledger_transfer WHERE id = ledger_entry.transfer
    AND (description ILIKE %s OR reference ILIKE %s) OFFSET 0)"""
# Entries between two days, of which each day's last one has its totals.
DAYS = """
SELECT DISTINCT ON (effective_on) effective_on, day_debits, day_credits FROM ledger_entry
WHERE account = %s AND effective_on >= %s AND effective_on < %s AND position <= %s
ORDER BY effective_on, position DESC"""

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
    """

    lines: list[Line]
    more: bool
    before: int
    behind: int


def edges(cut: Cut) -> Edges:
    """The balances between which a statement is, and its sums; two look-ups and a few for days."""
    before, after = _before(cut, cut.since), _totals(cut, cut.until)
    debits, credits_ = after[0] - before[0], after[1] - before[1]
    return Edges(_balance(cut, before), _balance(cut, after), debits, credits_)


def statement(
    cut: Cut, *, after: Place | None = None, limit: int, descending: bool = False
) -> Statement:
    """A page of a statement, each line with the balance after it."""
    rows = list(_by_date(cut, after, descending)[: limit + 1])
    lines = _lines(cut, rows[:limit], descending)
    if not lines:
        opening = _balance(cut, _before(cut, cut.since))
        return Statement([], False, opening, opening)
    earlier = queries.added(cut.of, lines[-1 if descending else 0])
    before, behind = lines[0].balance, lines[-1].balance
    if descending:
        behind -= earlier
    else:
        before -= earlier
    return Statement(lines, len(rows) > limit, before, behind)


def whole_statement(cut: Cut, *, chunk: int = 1_000) -> Iterator[Line]:
    """Every line of a statement, oldest first, read a few at a time."""
    after: Place | None = None
    while True:
        with snapshot(Entry, Transfer):
            page = statement(cut, after=after, limit=chunk)
        yield from page.lines
        if not page.more:
            return
        after = page.lines[-1].effective_on, page.lines[-1].position


def _by_date(cut: Cut, after: Place | None, descending: bool) -> QuerySet[Entry]:
    found = Entry.objects.filter(account=cut.of.account, position__lte=cut.moment.position)
    if cut.since:
        found = found.filter(effective_on__gte=cut.since)
    if cut.until:
        found = found.filter(effective_on__lte=cut.until)
    if cut.text:
        found = found.extra(where=[HAS], params=[f"%{_literal(cut.text)}%"] * 2)  # noqa: S610
    if after:
        # The row comparison is what an index can answer.
        row = f"(effective_on, position) {'<' if descending else '>'} (%s, %s)"
        found = found.extra(where=[row], params=list(after))  # noqa: S610
    order = ("-effective_on", "-position") if descending else ("effective_on", "position")
    return found.order_by(*order)


def _lines(cut: Cut, rows: list[Entry], descending: bool) -> list[Line]:
    """These entries with the balances after them.

    An entry knows what its day has come to; the days before it are summed up once for the page.
    """
    if not rows:
        return []
    upwards = rows[::-1] if descending else rows
    before = _before_each(cut, upwards)
    balances = [
        _balance(cut, (debits + row.day_debits, credits_ + row.day_credits))
        for row, (debits, credits_) in zip(upwards, before, strict=True)
    ]
    return queries.lines(rows, balances[::-1] if descending else balances)


def _before_each(cut: Cut, upwards: Sequence[Entry]) -> Iterator[Totals]:
    """The totals of all days before that of each of these entries, the oldest first."""
    debits, credits_ = _before(cut, upwards[0].effective_on)
    passed = deque(_days(cut, upwards))
    for row in upwards:
        while passed and passed[0][0] < row.effective_on:
            _, of_day = passed.popleft()
            debits, credits_ = debits + of_day[0], credits_ + of_day[1]
        yield debits, credits_


def _days(cut: Cut, upwards: Sequence[Entry]) -> list[tuple[date, Totals]]:
    """The totals of each day from that of the first of these entries on, but the last one's.

    Without a text they follow one another, and the last of a day knows what it has come to.
    """
    if not cut.text:
        ends = (each for each, following in pairwise(upwards)
                if each.effective_on != following.effective_on)  # fmt: skip
        return [(each.effective_on, (each.day_debits, each.day_credits)) for each in ends]
    first, last = upwards[0].effective_on, upwards[-1].effective_on
    with connection.cursor() as cursor:
        cursor.execute(DAYS, [cut.of.account, first, last, cut.moment.position])
        return [(day, (int(debits), int(credits_))) for day, debits, credits_ in cursor]


def _literal(text: str) -> str:
    """A text of which nothing stands for anything else in LIKE."""
    return re.sub(r"([\\%_])", r"\\\1", text)


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
