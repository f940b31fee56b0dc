"""Retention: what was sent with old requests is forgotten, what came of them never is.

Keys, fingerprints, answers and events stay, so that a key replays for ever. Each batch is a
transaction of its own: it may be stopped at any time and run again, beside all else.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from eventstore.ids import first_uuid7

BATCH = 1_000
"""Rows that are looked at in one transaction."""
FIRST = UUID(int=0)

PAGE = """
WITH page AS (SELECT id, {passes} AS passes FROM commands_{table}
    WHERE id > %s AND id < %s{among} ORDER BY id LIMIT %s)"""

LOOK = """
SELECT count(*) FILTER (WHERE passes), (array_agg(id ORDER BY id DESC))[1] FROM page"""

CHANGE = """,
changed AS ({change} WHERE id IN (SELECT id FROM page WHERE passes) RETURNING id)
SELECT (SELECT count(*) FROM changed), (array_agg(id ORDER BY id DESC))[1] FROM page"""


@dataclass(frozen=True, slots=True)
class Rule:
    """What is done with rows of a table that are old enough, if they pass.

    `among` names those that an index finds; what is not among them is not looked at.
    """

    name: str
    table: str
    passes: str
    change: str
    among: str = ""

    def page(self) -> str:
        return PAGE.format(passes=self.passes, table=self.table, among=self.among)


RULES = (
    Rule(
        "malformed requests deleted",
        "request",
        "decided_at < %s",
        "DELETE FROM commands_request",
        among=" AND status = 'malformed'",
    ),
    Rule(
        "payloads forgotten",
        "request",
        "payload IS NOT NULL AND status NOT IN ('accepted', 'malformed') AND decided_at < %s",
        "UPDATE commands_request SET payload = NULL",
    ),
    Rule(
        "seen notifications deleted",
        "notification",
        "seen_at < %s",
        "DELETE FROM commands_notification",
    ),
)


def forget(
    before: datetime,
    *,
    rehearsal: bool = False,
    progress: Callable[[dict[str, int]], None] = lambda done: None,
) -> dict[str, int]:
    """Forget what was decided, or seen, before this time; how many rows of each kind that were."""
    done = dict.fromkeys((rule.name for rule in RULES), 0)
    for rule in RULES:
        for many in _batches(rule, before, rehearsal=rehearsal):
            done[rule.name] += many
            progress(done)
    return done


def _batches(rule: Rule, before: datetime, *, rehearsal: bool) -> Iterator[int]:
    """How many rows pass of each page of the old ones, once that is done with them."""
    sql = rule.page() + (LOOK if rehearsal else CHANGE.format(change=rule.change))
    after: UUID | None = FIRST
    while after is not None:
        with connection.cursor() as cursor:
            cursor.execute(sql, [before, after, first_uuid7(before), BATCH])
            many, after = cursor.fetchone()
        yield many
