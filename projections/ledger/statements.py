"""Balances by business date: an account's statement, and all accounts at the ends of months."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from projections.engine.fields import Total
from projections.engine.reading import snapshot
from projections.ledger import queries
from projections.ledger.models import Balance, Entry, Transfer
from projections.ledger.queries import Line

UNDER = "(of.account > shown.account || ':' AND of.account < shown.account || ';')"
"""A semicolon is what follows a colon in the order of codes."""
MONTH_ENDS = """
WITH shown AS MATERIALIZED (
    SELECT account, currency, normal_balance FROM ledger_balance WHERE account > %s
    ORDER BY account LIMIT %s),
span AS (
    SELECT date_trunc('month', min(effective_on)) AS first,
           date_trunc('month', max(effective_on)) AS last
    FROM ledger_entry WHERE position <= %s),
months AS (
    SELECT (month + interval '1 month - 1 day')::date AS ends
    FROM span CROSS JOIN LATERAL generate_series(first, last, '1 month') AS month),
changes AS (
    SELECT shown.account, (date_trunc('month', effective_on) + interval '1 month - 1 day')::date
           AS ends, sum(CASE direction WHEN 'debit' THEN amount ELSE -amount END) AS net
    FROM shown JOIN ledger_balance AS of ON (of.account = shown.account OR {under})
         AND of.currency = shown.currency AND of.normal_balance = shown.normal_balance
    JOIN ledger_entry AS entry ON entry.account = of.account AND entry.position <= %s
    GROUP BY 1, 2)
SELECT account, ends, sum(coalesce(net, 0)) OVER (PARTITION BY account ORDER BY ends)
FROM shown CROSS JOIN months LEFT JOIN changes USING (account, ends) ORDER BY account, ends"""


@dataclass(frozen=True, slots=True)
class Statement:
    """A page of lines by business date, in reading order.

    `before` and `behind` are the balances on the page's two edges, as read from top to bottom.
    """

    lines: list[Line]
    more: bool
    before: int
    behind: int


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """The last day of a month, and an account's debits less its credits until then."""

    account: str
    on: date
    net: int


Place = tuple[date, int]
"""Where an entry stands in a statement: business date and position."""


def statement(
    of: Balance,
    *,
    since: date | None = None,
    until: date | None = None,
    after: Place | None = None,
    limit: int,
    descending: bool = False,
) -> Statement:
    """A page of an account's entries by business date, each with the balance after it."""
    balance = _balance_at(of, after or (until if descending else since), descending)
    found = _by_date(of, since, until, after, descending)
    rows = list(found[: limit + 1])
    more, before, balances = len(rows) > limit, balance, []
    for row in rows[:limit]:
        change = _change(row)
        balances.append(balance if descending else balance + change)
        balance += -change if descending else change
    sign = queries.sign(of)
    lines = queries.lines(rows[:limit], [sign * each for each in balances])
    return Statement(lines, more, sign * before, sign * balance)


def whole_statement(
    of: Balance, *, since: date | None, until: date | None, position: int, chunk: int = 1_000
) -> Iterator[Line]:
    """Every line of a statement as of a position, oldest first, read a few at a time."""
    with snapshot(Entry):
        balance = _balance_at(of, since, descending=False, position=position)
    after: Place | None = None
    while True:
        with snapshot(Entry, Transfer):
            found = _by_date(of, since, until, after, descending=False)
            rows = list(found.filter(position__lte=position)[:chunk])
            balances = []
            for row in rows:
                balance += _change(row)
                balances.append(queries.sign(of) * balance)
            lines = queries.lines(rows, balances)
        yield from lines
        if len(rows) < chunk:
            return
        after = rows[-1].effective_on, rows[-1].position


def month_ends(
    position: int, *, with_those_under: bool = False, chunk: int = 100
) -> Iterator[MonthEnd]:
    """What each account has at the end of each month in which anything was posted to any.

    With those under it, if that is asked for, which are of its currency and its normal balance.
    Read some accounts at a time.
    """
    sql = MONTH_ENDS.format(under=UNDER if with_those_under else "false")
    after = ""
    while True:
        with snapshot(Balance, Entry), connection.cursor() as cursor:
            cursor.execute(sql, [after, chunk, position, position])
            found = cursor.fetchall()
        yield from (MonthEnd(account, ends, int(net)) for account, ends, net in found)
        if not found:
            return
        after = found[-1][0]


def _by_date(
    of: Balance, since: date | None, until: date | None, after: Place | None, descending: bool
) -> QuerySet[Entry]:
    found = Entry.objects.filter(account=of.account)
    if since:
        found = found.filter(effective_on__gte=since)
    if until:
        found = found.filter(effective_on__lte=until)
    if after:
        found = _beyond(found, after, "<" if descending else ">")
    order = ("-effective_on", "-position") if descending else ("effective_on", "position")
    return found.order_by(*order)


def _beyond(found: QuerySet[Entry], place: Place, sign: str) -> QuerySet[Entry]:
    """Entries on one side of a place; the row comparison is what an index can answer."""
    row = f"(effective_on, position) {sign} (%s, %s)"
    return found.extra(where=[row], params=list(place))  # noqa: S610


def _balance_at(
    of: Balance, edge: Place | date | None, descending: bool, position: int | None = None
) -> int:
    """Credits less debits on the edge where reading begins: of all before it, whichever way.

    Backwards it is the account's total less what comes later: near the end that is little.
    """
    total = of.credits - of.debits if descending else 0
    if edge is None:
        return int(total)
    entries = Entry.objects.filter(account=of.account)
    if position is not None:
        entries = entries.filter(position__lte=position)
    if isinstance(edge, tuple):
        entries = _beyond(entries, edge, ">=" if descending else "<=")
    else:
        side = {"effective_on__gt" if descending else "effective_on__lt": edge}
        entries = entries.filter(**side)
    sums = entries.aggregate(
        credits=Sum("amount", filter=Q(direction="credit"), output_field=Total()),
        debits=Sum("amount", filter=Q(direction="debit"), output_field=Total()),
    )
    passed = (sums["credits"] or 0) - (sums["debits"] or 0)
    return int(total - passed if descending else passed)


def _change(row: Entry) -> int:
    return int(row.amount if row.direction == "credit" else -row.amount)
