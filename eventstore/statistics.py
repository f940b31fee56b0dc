"""How much there is, told without counting what would take long to count."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection
from django.utils import timezone

from eventstore.models import Event
from eventstore.reading import latest_position, position_before

EVENTS = Event._meta.db_table
MANY = 10_000
"""So many rows are counted; of more, what the server's own statistics say is told."""

# A step from each type to the next one, by the index.
TYPES = f"""
WITH RECURSIVE kind (type) AS (
    (SELECT type FROM {EVENTS} ORDER BY type LIMIT 1)
    UNION ALL
    SELECT (SELECT type FROM {EVENTS} AS event WHERE event.type > kind.type ORDER BY type LIMIT 1)
    FROM kind WHERE type IS NOT NULL)
SELECT type, (SELECT count(*) FROM (
    SELECT FROM {EVENTS} AS event WHERE event.type = kind.type LIMIT %s) AS counted)
FROM kind WHERE type IS NOT NULL"""

SHARES = """
SELECT unnest(most_common_vals::text::text[]), unnest(most_common_freqs)
FROM pg_stats WHERE schemaname = current_schema() AND tablename = %s AND attname = 'type'"""

ROWS = """
SELECT (SELECT count(*) FROM (SELECT FROM {table} LIMIT %s) AS counted),
    (SELECT reltuples::bigint FROM pg_class WHERE oid = '{table}'::regclass)"""

ESTIMATE = "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass"

SIZES = """
SELECT relname, pg_total_relation_size(oid) FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'm')
ORDER BY 2 DESC, 1"""


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are of something, exactly or `about`; None is many, but nobody knows more."""

    name: str
    number: int | None
    about: bool = False

    def __str__(self) -> str:
        if self.number is None:
            return f"more than {MANY:,}"
        return f"about {self.number:,}" if self.about else f"{self.number:,}"


def by_type() -> list[Count]:
    """How many events there are of each type in the log."""
    with connection.cursor() as cursor:
        cursor.execute(TYPES, [MANY + 1])
        counted = cursor.fetchall()
        cursor.execute(SHARES, [EVENTS])
        shares, all_events = dict(cursor.fetchall()), latest_position()
    return [
        Count(name, number)
        if number <= MANY
        else _estimate(name, round(shares.get(name, 0) * all_events))
        for name, number in counted
    ]


def rows(table: str) -> Count:
    """How many rows a table of ours has."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS.format(table=connection.ops.quote_name(table)), [MANY + 1])
        ((counted, estimate),) = cursor.fetchall()
    return Count(table, counted) if counted <= MANY else _estimate(table, estimate)


def about(table: str) -> Count | None:
    """How many rows a table of ours has by the server's statistics alone; None without any."""
    with connection.cursor() as cursor:
        cursor.execute(ESTIMATE, [connection.ops.quote_name(table)])
        ((estimate,),) = cursor.fetchall()
    return Count(table, estimate, about=True) if estimate > 0 else None


def by_day(days: int) -> Iterator[tuple[date, int]]:
    """How many events were recorded on each of the last days (UTC), today at the end."""
    today = datetime.now(UTC).date()
    begins = [today - timedelta(days=before) for before in reversed(range(days))]
    ends = [position_before(datetime.combine(each, time(), UTC)) for each in begins]
    for begin, before, upto in zip(begins, ends, [*ends[1:], latest_position()], strict=True):
        yield begin, upto - before


def rate(lately: timedelta) -> float:
    """How many events a second were recorded lately."""
    since = position_before(timezone.now() - lately)
    return (latest_position() - since) / lately.total_seconds()


def sizes() -> list[tuple[str, int]]:
    """The bytes that each table takes on disk with its indexes, the largest first."""
    with connection.cursor() as cursor:
        cursor.execute(SIZES)
        return list(cursor.fetchall())


def _estimate(name: str, number: int) -> Count:
    """What was not counted to its end is more than MANY, whatever old statistics say."""
    return Count(name, number, about=True) if number > MANY else Count(name, None, about=True)
