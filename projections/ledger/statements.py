"""An account's statement: its entries by business date, with a running balance."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet, Sum

from projections.engine.fields import Total
from projections.engine.reading import snapshot
from projections.ledger import queries
from projections.ledger.models import Balance, Entry, Transfer
from projections.ledger.queries import Line


@dataclass(frozen=True, slots=True)
class Statement:
    """A page of lines by business date, in reading order.

    `before` and `behind` are the balances on the page's two edges, as read from top to bottom.
    """

    lines: list[Line]
    more: bool
    before: int
    behind: int


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
