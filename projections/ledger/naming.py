"""Transfers by the accounts that they name: those that they change, and those they pass through.

An account whose legs cancel out in a transfer has no entry of it.
"""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BooleanField,
    Exists,
    F,
    Func,
    OuterRef,
    QuerySet,
    TextField,
    UUIDField,
    Value,
)
from django.db.models.lookups import GreaterThan, LessThan

from projections.ledger.history import MOST_LEGS
from projections.ledger.models import Balance, Entry, Transfer

APART = MOST_LEGS + 1
"""How many positions an entry may be from its transfer: they are appended together, in a row.

The entry of what is captured comes before it, all others after it and what it reverses.
"""


def naming(accounts: QuerySet[Balance]) -> QuerySet[Transfer]:
    """All transfers that name one of these accounts."""
    codes = accounts.values("account")
    changed = Entry.objects.filter(account__in=codes).values("transfer")
    cancelled = Transfer.objects.filter(_LegsName(ArraySubquery(codes))).values("id")
    return Transfer.objects.filter(id__in=changed.union(cancelled, all=True))


def page(
    accounts: QuerySet[Balance], *, low: int, high: int | None, limit: int, descending: bool
) -> list[Transfer]:
    """The first or last transfers between two positions that name one of these accounts.

    Of each account at most so many entries are looked at, and those that the ends may part from
    their transfers. An account has one entry of a transfer, and its entries are in the order of
    their transfers.
    """
    order = "-position" if descending else "position"
    between = _between(Transfer.objects.all(), low, high)
    entries = _entries_between(low - APART, None if high is None else high + APART)
    there = Exists(between.filter(id=OuterRef("transfer")))
    by_account = "-account" if descending else "account"
    nearest = entries.filter(there).order_by(by_account, order).values("transfer")[:limit]
    changed = between.filter(id__in=accounts.values(found=_Each(ArraySubquery(nearest))))
    rows = list(changed.order_by(order)[:limit])
    if len(rows) == limit:
        low, high = (rows[-1].position, high) if descending else (low, rows[-1].position)
    cancelled = _between(Transfer.objects.all(), low, high).filter(
        _LegsName(ArraySubquery(accounts.values("account")))
    )
    # As a sum, so that they are not looked for among all transfers in their order.
    by_sum = F("position") + 0
    rows += cancelled.order_by(by_sum.desc() if descending else by_sum.asc())[:limit]
    found = {row.position: row for row in rows}
    return [found[position] for position in sorted(found, reverse=descending)[:limit]]


def _between(found: QuerySet, low: int, high: int | None) -> QuerySet:  # type: ignore[type-arg]
    """Those behind one position and, if there is another, before that."""
    found = found.filter(position__gt=low)
    return found if high is None else found.filter(position__lt=high)


def _entries_between(low: int, high: int | None) -> QuerySet[Entry]:
    """The entries of the outer query's account between two positions.

    Account and position are compared as a row, so that no planner goes through the entries of all
    accounts by position, in the hope of soon meeting one of this account.
    """
    place = _Row(F("account"), F("position"))
    found = Entry.objects.filter(GreaterThan(place, _Row(OuterRef("account"), Value(low))))
    end = 2**63 - 1 if high is None else high
    return found.filter(LessThan(place, _Row(OuterRef("account"), Value(end))))


class _Row(Func):
    """Several values that are compared one after the other."""

    function = "ROW"
    output_field = TextField()


class _Each(Func):
    """A row for each element of an array."""

    function = "unnest"
    set_returning = True
    output_field = UUIDField()


class _LegsName(Func):
    """Whether one of these accounts is named by the legs, where those could cancel out in it.

    The words are those of the index `transfer_parties`, which a planner compares.
    """

    template = (
        "(json_array_length(legs) >= 4"
        " AND jsonb_path_query_array(legs::jsonb, '$[*].account') ?| %(expressions)s)"
    )
    output_field = BooleanField()
