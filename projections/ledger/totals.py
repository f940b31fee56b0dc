"""Sums over many accounts: the trial balance, and the tree of codes with subtotals.

Each is one statement, however many accounts there are, as of a position and, where one is given,
of a business date: what the accounts have now, less what came later. Amounts are minor units.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from projections.engine.reading import snapshot
from projections.ledger.history import MOST_LEGS
from projections.ledger.models import Balance, Entry, Transfer
from projections.ledger.queries import Viewer, visible

COLUMNS = ("account", "currency", "exponent", "normal_balance", "debits", "credits")
TOTALS = """WITH seen AS MATERIALIZED ({seen}), later AS (
    SELECT account, sum(amount) FILTER (WHERE direction = 'debit') AS debits,
           sum(amount) FILTER (WHERE direction = 'credit') AS credits
    FROM ledger_entry JOIN seen USING (account) WHERE {later} GROUP BY account),
totals AS (
    SELECT account, currency, exponent, normal_balance,
           seen.debits - coalesce(later.debits, 0) AS debits,
           seen.credits - coalesce(later.credits, 0) AS credits
    FROM seen LEFT JOIN later USING (account))"""
LINES = """{totals}, lines AS (
    SELECT {part} AS part, currency, exponent, normal_balance, count(*),
           sum(greatest(debits - credits, 0)), sum(greatest(credits - debits, 0)),
           bool_or(debits > 0 OR credits > 0)
    FROM totals GROUP BY 1, 2, 3, 4)
SELECT * FROM lines WHERE {beyond}
ORDER BY part {order}, currency {order}, exponent {order}, normal_balance {order} LIMIT %s"""
SUMS = """{totals}
SELECT currency, exponent, sum(greatest(debits - credits, 0)), sum(greatest(credits - debits, 0))
FROM totals WHERE debits > 0 OR credits > 0 GROUP BY 1, 2 ORDER BY 1, 2"""
NODES = """{totals}, nodes AS (
    SELECT path[:level] AS node, currency, exponent, count(*) AS accounts,
           bool_or(level = cardinality(path)) AS is_account,
           sum(debits) AS debits, sum(credits) AS credits
    FROM (SELECT *, string_to_array(account, ':') AS path FROM totals
          WHERE debits > 0 OR credits > 0) AS paths
    CROSS JOIN LATERAL generate_series(1, least(cardinality(path), %s)) AS level
    WHERE {beyond} GROUP BY 1, 2, 3)
SELECT node, sum(accounts), bool_or(is_account),
       array_agg(currency ORDER BY currency, exponent),
       array_agg(exponent ORDER BY currency, exponent),
       array_agg(debits ORDER BY currency, exponent),
       array_agg(credits ORDER BY currency, exponent)
FROM nodes GROUP BY node ORDER BY node {order} LIMIT %s"""
MOST_PARTS = 100
"""The most parts that a code of 200 characters has."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which accounts and of when: those a viewer may see whose codes begin with `prefix`.

    `depth` is how many parts of a code count, None all of them.
    """

    viewer: Viewer
    position: int
    as_of: date | None = None
    prefix: str = ""
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the trial balance: accounts of one part, currency and normal balance.

    `debit` is the sum of those balances that are debits, `credit` of those that are credits;
    `touched` says whether anything was posted to any of them.
    """

    part: str
    currency: str
    exponent: int
    normal_balance: str
    accounts: int
    debit: int
    credit: int
    touched: bool

    @property
    def key(self) -> list[Any]:
        return [self.part, self.currency, self.exponent, self.normal_balance]


@dataclass(frozen=True, slots=True)
class Sum:
    """All debit and all credit balances of a currency; of whole books they are equal."""

    currency: str
    exponent: int
    debit: int
    credit: int

    @property
    def difference(self) -> int:
        return self.credit - self.debit


@dataclass(frozen=True, slots=True)
class Subtotal:
    """What all accounts under a node have of a currency; `net` is credits less debits."""

    currency: str
    exponent: int
    debits: int
    credits: int

    @property
    def net(self) -> int:
        return self.credits - self.debits


@dataclass(frozen=True, slots=True)
class Node:
    """A part of the tree of codes; `is_account` where it is the code of an account, too."""

    code: str
    depth: int
    accounts: int
    is_account: bool
    subtotals: list[Subtotal]


def whole(position: int) -> int:
    """The last position up to this one at which no transfer is posted by halves."""
    entries = Entry.objects.values_list("position", "transfer")
    following = entries.filter(position__gt=position).order_by("position").first()
    if following is None:
        return position
    parts = [
        at
        for at, transfer in entries.filter(position__lte=position).order_by("-position")[:MOST_LEGS]
        if transfer == following[1]
    ]
    posted = Transfer.objects.filter(id=following[1]).values_list("position", flat=True)
    return min([position, *(part - 1 for part in (*parts, *posted))])


# --- the trial balance -----------------------------------------------------------------------


def rows(
    asked: Asked, *, after: Sequence[Any] = (), limit: int, descending: bool = False
) -> list[Row]:
    """Lines of the trial balance by part and currency, beginning after the one with this key."""
    accounts, sign = _accounts(asked), "<" if descending else ">"
    if asked.depth is None:  # Each line is an account, so that no others need to be looked at.
        if after:
            side = "lt" if descending else "gt"
            accounts = accounts.filter(**{f"account__{side}": after[0]})
        accounts = accounts.order_by("-account" if descending else "account")[:limit]
    totals, parameters = _totals(asked, accounts)
    part, depth = "account", list[int]()
    if asked.depth is not None:
        part, depth = "array_to_string((string_to_array(account, ':'))[:%s], ':')", [asked.depth]
    key = "(part, currency, exponent, normal_balance)"
    sql = LINES.format(
        totals=totals,
        part=part,
        beyond=f"{key} {sign} (%s, %s, %s, %s)" if after else "true",
        order="DESC" if descending else "ASC",
    )
    return [
        Row(part, currency, exponent, side, accounts, int(debit), int(credit), touched)
        for part, currency, exponent, side, accounts, debit, credit, touched in _fetched(
            sql, [*parameters, *depth, *after, limit]
        )
    ]


def all_rows(asked: Asked, chunk: int = 1_000) -> Iterator[Row]:
    """Every line of the trial balance, read a few at a time."""
    after: Sequence[Any] = ()
    while True:
        with snapshot(Balance, Entry):
            found = rows(asked, after=after, limit=chunk)
        yield from found
        if len(found) < chunk:
            return
        after = found[-1].key


def sums(asked: Asked) -> list[Sum]:
    """What the lines of the trial balance come to, currency by currency."""
    totals, parameters = _totals(asked, _accounts(asked))
    return [
        Sum(currency, exponent, int(debit), int(credit))
        for currency, exponent, debit, credit in _fetched(SUMS.format(totals=totals), parameters)
    ]


# --- the tree --------------------------------------------------------------------------------


def nodes(asked: Asked, *, after: str = "", limit: int, descending: bool = False) -> list[Node]:
    """Nodes of the tree, each above those under it, beginning after the one of this code."""
    totals, parameters = _totals(asked, _accounts(asked))
    beyond = f"path[:level] {'<' if descending else '>'} string_to_array(%s, ':') COLLATE \"C\""
    sql = NODES.format(
        totals=totals,
        beyond=beyond if after else "true",
        order="DESC" if descending else "ASC",
    )
    depth = MOST_PARTS if asked.depth is None else asked.depth
    found = _fetched(sql, [*parameters, depth, *([after] if after else []), limit])
    return [
        Node(":".join(path), len(path), int(accounts), is_account, _subtotals(*columns))
        for path, accounts, is_account, *columns in found
    ]


def _subtotals(
    currencies: list[str], exponents: list[int], debits: list[Decimal], credits_: list[Decimal]
) -> list[Subtotal]:
    sums = zip(map(int, debits), map(int, credits_), strict=True)
    return [
        Subtotal(currency, exponent, *both)
        for currency, exponent, both in zip(currencies, exponents, sums, strict=True)
    ]


# --- all accounts of then --------------------------------------------------------------------


def _accounts(asked: Asked) -> QuerySet[Balance]:
    return visible(asked.viewer).filter(account__startswith=asked.prefix)


def _totals(asked: Asked, accounts: QuerySet[Balance]) -> tuple[str, list[Any]]:
    """SQL for these accounts with their totals of then, as `totals`, and its parameters."""
    seen, parameters = accounts.values(*COLUMNS).query.sql_with_params()
    later, bounds = ["position > %s"], list[Any]([asked.position])
    if asked.as_of is not None:
        later.append("effective_on > %s")
        bounds.append(asked.as_of)
    return TOTALS.format(seen=seen, later=" OR ".join(later)), [*parameters, *bounds]


def _fetched(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
