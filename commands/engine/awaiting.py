"""Waiting for what comes of an accepted request: until it is announced, or for so long."""

from collections.abc import Sequence
from dataclasses import replace
from time import monotonic
from uuid import UUID

from commands.engine import notifications, queries
from commands.engine.announcing import REQUESTS
from commands.engine.models import Request
from commands.engine.outcomes import Outcome
from eventstore.listening import listening
from eventstore.threads import hop
from eventstore.together import Together
from eventstore.wakeup import Wakeup
from eventstore.working import PAUSE


def outcome_of(accepted: Outcome, user: UUID, seconds: float) -> Outcome:
    """What comes of a request of somebody's, for a thread that waits; else that it is accepted."""
    return _told(accepted, row_of(accepted.request, seconds), user)


async def aoutcome_of(accepted: Outcome, user: UUID, seconds: float) -> Outcome:
    """The same, awaited: no thread waits."""
    return await hop(_told, accepted, await arow_of(accepted.request, user, seconds), user)


def row_of(id_: UUID, seconds: float) -> Request | None:
    """A request once it is decided, or as it is when the time is up."""
    deadline = monotonic() + seconds
    with Wakeup(REQUESTS) as wakeup:
        while True:
            found = queries.by_ids([id_])[id_]
            left = deadline - monotonic()
            if not is_pending(found) or left <= 0:
                return found
            wakeup.wait(min(left, PAUSE))


async def arow_of(id_: UUID, user: UUID, seconds: float) -> Request | None:
    """The same of a request of this user's, awaited; those who are woken together look together."""
    deadline = monotonic() + seconds
    async with listening(REQUESTS, str(user)) as bell:
        while True:
            found = await _rows.found(id_)
            left = deadline - monotonic()
            if not is_pending(found) or not await bell.rung(max(0.0, left)):
                return found


def is_pending(found: Request | None) -> bool:
    """Whether there is such a request, which is not decided."""
    return found is not None and found.status == "accepted"


def _told(accepted: Outcome, found: Request | None, user: UUID) -> Outcome:
    """The outcome for who has waited for it, and so needs no notification."""
    if found is None or is_pending(found):
        return accepted
    if found.status != "succeeded":
        notifications.see(user, request=found.id)
    return replace(queries.outcome(found), replayed=accepted.replayed)


def _by_ids(ids: Sequence[UUID]) -> dict[UUID, Request | None]:
    return queries.by_ids(ids)


_rows = Together(_by_ids)
