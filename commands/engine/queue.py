"""The queue: what was accepted is decided later, for each person in the order in which they asked.

Request rows are the queue. A worker takes whole lanes, so that nobody overtakes themselves, and
what it takes goes in batches through the one handler. Its locks end with its transaction: a worker
that dies leaves every request either decided with all that follows from it, or as it was.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import groupby, takewhile
from operator import attrgetter, itemgetter
from time import monotonic
from uuid import UUID

from django.db import connection

from commands.access.people import principals
from commands.engine import endings
from commands.engine.announcing import QUEUE
from commands.engine.decider import Principal
from commands.engine.deciding import decide
from commands.engine.dispatch import dispatch, submission
from commands.engine.errors import Forbidden, HeldElsewhere, Malformed
from commands.engine.models import Request
from commands.engine.outcomes import Outcome, Submission
from commands.engine.run import MAX_BATCH
from eventstore.columns import BigInts, Uuids
from eventstore.failures import is_lost
from eventstore.ids import uuid7
from eventstore.pipeline import pipeline
from eventstore.working import PAUSE, Stop, work

REST = 0.1
"""Seconds for which a lane is left alone that others have, or whose first needs what they hold."""
LOST_BEFORE = 3
"""So often a lost connection is the database's doing; then it is taken for that of a request."""
LANES_AT_ONCE = 64
"""So many at random, so that two workers seldom want the same ones."""

READY = """
WITH RECURSIVE first AS (
    (SELECT lane, retry_at FROM commands_request
    WHERE status = 'accepted' AND place IS NOT NULL ORDER BY lane, place LIMIT 1)
    UNION ALL
    SELECT next.lane, next.retry_at FROM first, LATERAL (
        SELECT lane, retry_at FROM commands_request
        WHERE status = 'accepted' AND place IS NOT NULL AND lane > first.lane
        ORDER BY lane, place LIMIT 1) AS next)
SELECT lane FROM first WHERE coalesce(retry_at <= clock_timestamp(), true)"""

OLDEST = """
SELECT row.lane, row.id, row.size FROM unnest(%s::bigint[]) AS wanted (lane), LATERAL (
    SELECT lane, id, size, place FROM commands_request
    WHERE status = 'accepted' AND place IS NOT NULL AND lane = wanted.lane
    ORDER BY place LIMIT %s) AS row
ORDER BY row.lane, row.place"""

ADMIT_DUE = """
UPDATE commands_request AS request SET place = due.place FROM (
    SELECT id, nextval('commands_request_place') AS place FROM (
        SELECT id FROM commands_request
        WHERE status = 'accepted' AND place IS NULL AND not_before <= clock_timestamp()
        ORDER BY not_before, id LIMIT 1000 FOR UPDATE SKIP LOCKED) AS oldest) AS due
WHERE request.id = due.id"""

TAKE_LANES = """
SELECT lane FROM unnest(%s) AS wanted (lane) WHERE NOT pg_try_advisory_xact_lock(
    hashtextextended('daybook.lane ' || current_schema() || ' ' || lane, 0))"""

TAKE_ROWS = """
SELECT id FROM commands_request WHERE id = ANY(%s) AND status = 'accepted' FOR UPDATE SKIP LOCKED"""


@dataclass(frozen=True, slots=True)
class Task:
    """A request in the queue, as it is to be decided."""

    row: Request
    asked: Submission

    @property
    def lane(self) -> int:
        assert self.row.lane is not None
        return self.row.lane


Lane = Sequence[Task]
"""Requests of one lane, oldest first."""


class Taken(Exception):
    """Others have these lanes now, or have had them since they were looked at."""

    def __init__(self, lanes: Iterable[int]) -> None:
        self.lanes = frozenset(lanes)
        super().__init__(str(sorted(self.lanes)))


def run(stop: Stop) -> None:
    """Decide what waits in the queue until `stop` is set."""
    work(Worker().step, stop, channel=QUEUE)


class Worker:
    """Decides what waits in the queue. Several may work at the same time, in any processes."""

    def __init__(self) -> None:
        self._resting: dict[int, float] = {}
        self._moved, self._lost = False, 0

    def step(self) -> float:
        """Decide a batch of what is ready; in how many seconds there may be more."""
        with connection.cursor() as cursor:
            cursor.execute(ADMIT_DUE)
            cursor.execute(READY)
            ready = {lane for (lane,) in cursor.fetchall()}
        now = monotonic()
        self._resting = {lane: until for lane, until in self._resting.items() if until > now}
        ready -= self._resting.keys()
        lanes = random.sample(sorted(ready), min(len(ready), LANES_AT_ONCE))
        tasks = _tasks(_oldest(lanes))
        self._moved = False
        self._decide([list(lane) for _, lane in groupby(tasks, attrgetter("lane"))])
        self._lost = 0
        if self._moved:
            return 0
        return REST if self._resting else PAUSE

    def _decide(self, lanes: Sequence[Lane]) -> bool:
        """Decide these requests in one transaction, else as many as can be; whether all were.

        Where one cannot, those behind it in its lane wait for it.
        """
        tasks = [task for lane in lanes for task in lane]
        if not tasks:
            return True
        try:
            decide([task.asked for task in tasks], whole=True, first=partial(_take, lanes))
        except Taken as taken:
            self._leave(taken.lanes)
            self._decide([lane for lane in lanes if lane[0].lane not in taken.lanes])
            return False
        except HeldElsewhere as error:
            free = [_before(lane, error.held) for lane in lanes]
            self._leave(
                lane[0].lane
                for lane, rest in zip(lanes, free, strict=True)
                if len(rest) < len(lane)
            )
            self._decide([lane for lane in free if lane])
            return False
        except Exception as error:
            if is_lost(error) and self._lost < LOST_BEFORE:
                self._lost += 1
                raise
            if len(tasks) == 1:
                endings.postpone(tasks[0].row, error)
                return False
            if len(lanes) > 1:
                first_done = self._decide(lanes[: len(lanes) // 2])
                return self._decide(lanes[len(lanes) // 2 :]) and first_done
            first, second = tasks[: len(tasks) // 2], tasks[len(tasks) // 2 :]
            return self._decide([first]) and self._decide([second])
        self._moved = True
        return True

    def _leave(self, lanes: Iterable[int]) -> None:
        """Leave these lanes alone for a moment."""
        self._resting |= dict.fromkeys(lanes, monotonic() + REST)


def _before(lane: Lane, held: frozenset[str]) -> Lane:
    """Those of a lane before the first that needs what others hold."""
    return list(takewhile(lambda task: held.isdisjoint(task.asked.locks), lane))


def _oldest(lanes: Sequence[int]) -> list[UUID]:
    """The oldest requests of these lanes: about as much as a batch is, the first one at least."""
    if not lanes:
        return []
    share = max(1, MAX_BATCH // len(lanes))
    with connection.cursor() as cursor:
        cursor.execute(OLDEST, [list(lanes), share])
        rows = {lane: list(each) for lane, each in groupby(cursor.fetchall(), itemgetter(0))}
    found, total = list[UUID](), 0
    for lane in lanes:  # In an order by lot: whose turn it is not now, it is soon.
        taken = 0
        for _, id_, size in rows.get(lane, ()):
            if (found and total + size > MAX_BATCH) or taken >= share:
                break
            found.append(id_)
            taken, total = taken + size, total + size
    return found


def _tasks(ids: Sequence[UUID]) -> list[Task]:
    """These requests as they are to be decided; what cannot be at all is ended here."""
    rows = Request.objects.filter(id__in=ids, status="accepted").order_by("lane", "place")
    known = principals({row.principal for row in rows})
    tasks, stuck = [], set[int | None]()
    for row in rows:
        if row.lane in stuck:
            continue
        try:
            if row.principal in known:
                tasks.append(Task(row, asked_of(row, known[row.principal])))
            else:
                endings.refuse(row, Forbidden())
        except Exception as error:
            endings.postpone(row, error)
            stuck.add(row.lane)
    return tasks


def asked_of(row: Request, principal: Principal) -> Submission:
    """The request of a row, asked by whom it was with the rights they have now."""
    return submission(
        row.command,
        row.payload,
        principal=replace(principal, prefix=row.prefix or ""),  # type: ignore[type-var]
        expected=row.expected or {},
        key=row.key,
        parent=row.parent,
        source=row.source,
        road=row.road,
        id=row.id,
        received_at=row.received_at,
        not_before=row.not_before,
        retry_of=row.retry_of,
        queued=True,
    )


def _take(lanes: Sequence[Lane]) -> None:
    """Lock these lanes and requests until the end of the transaction.

    Raises:
        Taken: others were faster with some of the lanes.
    """
    with pipeline() as execute:
        taken = execute(TAKE_LANES, [BigInts(lane[0].lane for lane in lanes)])
        there = execute(TAKE_ROWS, [Uuids(task.row.id for lane in lanes for task in lane)])
    left = {id_ for (id_,) in there.fetchall()}
    gone = {task.lane for lane in lanes for task in lane if task.row.id not in left}
    if missing := gone | {lane for (lane,) in taken.fetchall()}:
        raise Taken(missing)


def again(failed: Request) -> Outcome:
    """Ask for a failed request once more, as the same person; it is accepted to be done later.

    It has the key of the failed one, unless that was used since: then it is refused.

    Raises:
        Malformed: what was asked is no longer kept, or could not be asked today.
    """
    known = principals([failed.principal])
    if failed.payload is None or failed.principal not in known:
        raise Malformed([("", "What was asked is no longer kept, or who asked is gone.")])
    asked = asked_of(failed, known[failed.principal])
    return dispatch(
        replace(
            asked,
            id=uuid7(),
            road="queued",
            later=True,
            queued=False,
            not_before=None,
            retry_of=failed.id,
            received_at=datetime.now(UTC),
        )
    )
