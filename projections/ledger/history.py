"""What accounts were: at a position, and as of a business date.

Amounts are minor units. An entry has the totals of its account and of its day up to its position.
So totals at a position are one look-up, and those of a day at a position another: as of a date they
are a look-up for each day on one side of it, however many entries there are.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from eventstore.events.ledger import account_stream
from eventstore.store import read_at, versions_at
from projections.ledger.models import AccountDetails, Balance

MOST_LEGS = 100
"""And so the most entries, that a transfer has: they follow it in the log."""

# A comparison of rows leaves the planner no index but the one whose next entry is the answer.
DETAILS = """
SELECT last.* FROM unnest(%(accounts)s::text[]) AS wanted CROSS JOIN LATERAL (
    SELECT * FROM ledger_accountdetails WHERE (account, position) <= (wanted, %(position)s)
    ORDER BY account DESC, position DESC LIMIT 1) AS last
WHERE account = wanted"""
TOTALS = """
SELECT account, debits, credits, (recorded_at AT TIME ZONE 'UTC')::date + 1 AS latest
FROM unnest(%(accounts)s::text[]) AS wanted CROSS JOIN LATERAL (
    SELECT account, debits, credits, recorded_at FROM ledger_entry
    WHERE (account, position) <= (wanted, %(position)s)
    ORDER BY account DESC, position DESC LIMIT 1) AS last
WHERE account = wanted"""
# No entry is of a day after that on which it was recorded, in whichever time zone: none is of a day
# behind `latest`. Either the days up to the date are summed up, or those after it are taken off,
# whichever are fewer by the calendar. Each day leads to the one before it; where the last entry of
# a day came later than the position, the last that did not is looked up.
_CHOSEN = "CASE WHEN early THEN walked.{0} ELSE totals.{0} - walked.{0} END"
_SUMMED = """
sum(CASE WHEN days.position > %(position)s THEN coalesce(day_{0}, 0) ELSE {0} END) AS {0}"""
TOTALS_UPTO_DAY = f"""
SELECT account, {_CHOSEN.format("debits")}, {_CHOSEN.format("credits")}
FROM ({TOTALS}) AS totals CROSS JOIN LATERAL (
    SELECT %(day)s::date - effective_on < latest - %(day)s::date AS early FROM ledger_entry
    WHERE account = totals.account ORDER BY effective_on LIMIT 1) AS nearer
CROSS JOIN LATERAL (
    WITH RECURSIVE days (day, position, debits, credits) AS (
        SELECT CASE WHEN early THEN %(day)s::date ELSE latest END + 1, NULL::bigint, 0.0, 0.0
        UNION ALL
        SELECT last.* FROM days CROSS JOIN LATERAL (
            SELECT effective_on, position, day_debits, day_credits FROM ledger_entry
            WHERE account = totals.account AND effective_on < day
            AND effective_on > CASE WHEN early THEN '-infinity' ELSE %(day)s::date END
            ORDER BY effective_on DESC, position DESC LIMIT 1) AS last)
    SELECT {_SUMMED.format("debits")}, {_SUMMED.format("credits")}
    FROM days LEFT JOIN LATERAL (
        SELECT day_debits, day_credits FROM ledger_entry
        WHERE account = totals.account AND effective_on = day AND position <= %(position)s
        AND days.position > %(position)s
        ORDER BY position DESC LIMIT 1) AS known ON true) AS walked"""

# A hold may be past its time and not said so yet. What was captured of it is in entries next to its
# transfers, for an append is in one piece; of most holds there is nothing to be looked up.
HELD = f"""
SELECT hold.account, sum(CASE WHEN hold.position <= %(position)s THEN remaining
                              ELSE amount - coalesce(captured, 0) END)
FROM ledger_hold AS hold LEFT JOIN LATERAL (
    SELECT sum(entry.amount) AS captured
    FROM json_array_elements_text(hold.transfers) AS capture (transfer)
    JOIN ledger_transfer AS transfer ON transfer.id = capture.transfer::uuid
    JOIN ledger_entry AS entry ON entry.account = hold.account AND entry.transfer = transfer.id
        AND entry.position
            BETWEEN transfer.position - {MOST_LEGS} AND transfer.position + {MOST_LEGS}
    WHERE hold.position > %(position)s AND entry.position <= %(position)s) AS known ON true
WHERE hold.account = ANY(%(accounts)s) AND placed <= %(position)s
    AND (ended IS NULL OR ended > %(position)s) AND (expires_at IS NULL OR expires_at > %(time)s)
GROUP BY hold.account"""

Totals = tuple[int, int]
"""Debits and credits."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What is read: what was known at `position`, of business dates up to `day`; None is all.

    `fixed` says that a position was asked for, `past` that the log has grown since. `clock` is the
    time at which holds are over or not; None is that of the position, or now.
    """

    position: int
    day: date | None = None
    past: bool = False
    fixed: bool = False
    clock: datetime | None = None

    @property
    def pinned(self) -> int | None:
        """The position of all pages of a list; None where each shows what is now."""
        return self.position if self.fixed else None


NOW = Moment(2**63 - 1)
"""All that there is."""


def there(accounts: QuerySet[Balance], moment: Moment) -> QuerySet[Balance]:
    """Of these accounts, those that there were then."""
    if not moment.past:
        return accounts
    opened = AccountDetails.objects.filter(
        account=OuterRef("account"), position__lte=moment.position
    )
    return accounts.filter(Exists(opened))


def turn_back(rows: Sequence[Balance], moment: Moment) -> None:
    """Make these accounts, which there were then, what they were.

    What is held has no business date, and so neither has what is available: both are None as of
    one. At a position a hold is over when its time was over by then, or by the moment's clock.
    """
    if not rows or not (moment.fixed or moment.day):
        return
    codes = [row.account for row in rows]
    if moment.past:
        _turn_back_details(rows, codes, moment.position)
    if moment.past or moment.day:
        found = totals(codes, moment)
        for row in rows:
            row.debits, row.credits = found.get(row.account, (0, 0))
    held = _held(codes, moment) if moment.day is None else dict.fromkeys(codes)
    for row in rows:
        row.held = held[row.account]


def _turn_back_details(rows: Sequence[Balance], codes: list[str], position: int) -> None:
    found = AccountDetails.objects.raw(DETAILS, {"accounts": codes, "position": position})
    details = {each.account: each for each in found}
    versions = versions_at([account_stream(code) for code in codes], position)
    for row in rows:
        for name in ("name", "overdraft_limit", "owner", "status", "frozen_scope", "metadata"):
            setattr(row, name, getattr(details[row.account], name))
        row.version = versions[account_stream(row.account)]


def _held(codes: list[str], moment: Moment) -> dict[str, int | None]:
    """What of these accounts was held at a position."""
    position = moment.position
    time = moment.clock or recorded_at(position)
    asked: dict[str, Any] = {"accounts": codes, "position": position, "time": time}
    held: dict[str, int | None] = dict.fromkeys(codes, 0)
    with connection.cursor() as cursor:
        cursor.execute(HELD, asked)
        return held | {code: int(amount) for code, amount in cursor}


def recorded_at(position: int) -> datetime:
    """When the event at a position was recorded."""
    (event,) = read_at([position])
    return event.recorded_at


def totals(accounts: Collection[str], moment: Moment) -> dict[str, Totals]:
    """The totals that these accounts had then; those without entries are left out."""
    sql = TOTALS if moment.day is None else TOTALS_UPTO_DAY
    asked: dict[str, Any] = {"accounts": list(accounts), "position": moment.position}
    with connection.cursor() as cursor:
        cursor.execute(sql, {**asked, "day": moment.day})
        return {row[0]: (int(row[1]), int(row[2])) for row in cursor}
