"""An account's daily totals, which the worker keeps: day by day, and as its course over time.

Amounts are minor units.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    DateField,
    ExpressionWrapper,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models.functions import Cast, TruncMonth
from django.db.models.lookups import LessThan

from projections.engine.fields import Total
from projections.ledger.models import Balance, DailyTotal, day_key
from projections.ledger.queries import sign

BY_DAY = timedelta(days=62)
"""An account whose first and last day lie less than this apart goes by day, else by month."""


@dataclass(frozen=True, slots=True)
class Step:
    """What came in and went out of an account in a day or a month, and its balance at the end.

    All in the account's own direction: what comes in raises the balance.
    """

    first: date
    into: int
    out: int
    balance: int


@dataclass(frozen=True, slots=True)
class Course:
    """How an account went: all its days, or all its months, from the first to the last."""

    by_day: bool
    steps: Sequence[Step]


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


def course(of: Balance) -> Course:
    """Every day or month from the first in which anything was posted to the last."""
    found, balance, by_day = list[Step](), 0, False
    for row in _sums(of):
        by_day, first = row["by_day"], row["first"]
        while found and (following := _next(found[-1].first, by_day)) < first:
            found.append(Step(following, 0, 0, balance))
        sides = (row["credited"], row["debited"])
        into, out = sides if sign(of) > 0 else sides[::-1]
        balance += into - out
        found.append(Step(first, into, out, balance))
    return Course(by_day, found)


def _sums(of: Balance) -> Iterable[Mapping[str, Any]]:
    """What was posted on each day or in each month with anything, and which of the two it is."""
    ends = [Subquery(_between(of).order_by(by).values("day")[:1]) for by in ("id", "-id")]
    by_day = ExpressionWrapper(LessThan(ends[1] - ends[0], BY_DAY), BooleanField())
    month = Cast(TruncMonth("day"), DateField())
    return (
        _between(of)
        .annotate(by_day=by_day, first=Case(When(by_day=True, then="day"), default=month))
        .values("by_day", "first")
        .annotate(
            debited=Sum("debits", output_field=Total()),
            credited=Sum("credits", output_field=Total()),
        )
        .order_by("first")
    )


def _between(
    of: Balance, since: date | None = None, until: date | None = None
) -> QuerySet[DailyTotal]:
    """A range of the key."""
    first, last = day_key(of.account, since or date.min), day_key(of.account, until or date.max)
    return DailyTotal.objects.filter(id__gte=first, id__lte=last)


def _next(step: date, by_day: bool) -> date:
    if by_day:
        return step + timedelta(days=1)
    return date(step.year + step.month // 12, step.month % 12 + 1, 1)
