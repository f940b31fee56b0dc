"""What all accounts have at the ends of months, read some accounts at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db import connection

from projections.engine.reading import snapshot
from projections.ledger.models import Balance, Entry

UNDER = "(of.account > shown.account || ':' AND of.account < shown.account || ';')"
"""A semicolon is what follows a colon in the order of codes."""
SPAN = """
SELECT date_trunc('month', min(effective_on)::timestamp),
       date_trunc('month', max(effective_on)::timestamp)
FROM ledger_entry WHERE position <= %s"""
MONTH_ENDS = """
WITH shown AS MATERIALIZED (
    SELECT account, currency, normal_balance FROM ledger_balance WHERE account > %s
    ORDER BY account LIMIT %s),
months AS (
    SELECT (month + interval '1 month - 1 day')::date AS ends
    FROM generate_series(%s::timestamp, %s, '1 month') AS month),
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
class MonthEnd:
    """The last day of a month, and an account's debits less its credits until then."""

    account: str
    on: date
    net: int


def month_ends(
    position: int, *, with_those_under: bool = False, chunk: int = 100
) -> Iterator[MonthEnd]:
    """What each account has at the end of each month in which anything was posted to any.

    With those under it, if that is asked for, which are of its currency and its normal balance.
    Read some accounts at a time.
    """
    sql = MONTH_ENDS.format(under=UNDER if with_those_under else "false")
    with snapshot(Entry), connection.cursor() as cursor:
        cursor.execute(SPAN, [position])
        span = cursor.fetchone()
    after = ""
    while True:
        with snapshot(Balance, Entry), connection.cursor() as cursor:
            cursor.execute(sql, [after, chunk, *span, position])
            found = cursor.fetchall()
        yield from (MonthEnd(account, ends, int(net)) for account, ends, net in found)
        if not found:
            return
        after = found[-1][0]
