"""An account's daily totals, which the worker keeps: by day, and summed up by month.

Amounts are minor units.
"""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncMonth

from projections.engine.fields import Total
from projections.ledger.models import Balance, DailyTotal, day_key
from projections.ledger.queries import sign


@dataclass(frozen=True, slots=True)
class Month:
    """What came in and went out of an account in a month, and its balance at the month's end.

    All in the account's own direction: what comes in raises the balance.
    """

    first: date
    into: int
    out: int
    balance: int


def days(
    of: Balance,
    *,
    since: date | None = None,
    until: date | None = None,
    after: date | None = None,
    limit: int,
    descending: bool = False,
) -> list[DailyTotal]:
    """Days on which anything was posted, of these business dates, beginning after one of them."""
    found = _between(of, since, until)
    if after and descending:
        found = found.filter(id__lt=day_key(of.account, after))
    elif after:
        found = found.filter(id__gt=day_key(of.account, after))
    return list(found.order_by("-id" if descending else "id")[:limit])


def months(of: Balance) -> list[Month]:
    """Every month from the first in which anything was posted to the last."""
    rows = (
        _between(of)
        .annotate(month=TruncMonth("day"))
        .values("month")
        .annotate(
            debited=Sum("debits", output_field=Total()),
            credited=Sum("credits", output_field=Total()),
        )
        .order_by("month")
    )
    found, balance = list[Month](), 0
    for row in rows:
        while found and (following := _next(found[-1].first)) < row["month"]:
            found.append(Month(following, 0, 0, balance))
        sides = (row["credited"], row["debited"])
        into, out = sides if sign(of) > 0 else sides[::-1]
        balance += into - out
        found.append(Month(row["month"], into, out, balance))
    return found


def _between(
    of: Balance, since: date | None = None, until: date | None = None
) -> QuerySet[DailyTotal]:
    """A range of the key."""
    first, last = day_key(of.account, since or date.min), day_key(of.account, until or date.max)
    return DailyTotal.objects.filter(id__gte=first, id__lte=last)


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
