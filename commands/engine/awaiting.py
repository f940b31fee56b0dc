"""Waiting for what comes of an accepted request: until it is announced, or for so long."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from time import monotonic
from uuid import UUID

from commands.engine import notifications, queries
from commands.engine.announcing import REQUESTS
from commands.engine.models import Request
from commands.engine.outcomes import Outcome
from eventstore.lean import never
from eventstore.listening import listening
from eventstore.threads import hop
from eventstore.together import Together
from eventstore.wakeup import Wakeup
from eventstore.working import PAUSE

Gone = Callable[[], Awaitable[object]]
"""Returns once the client has hung up."""


def outcome_of(accepted: Outcome, user: UUID, seconds: float) -> Outcome:
    """What comes of a request of somebody's, for a thread that waits; else that it is accepted."""
    return _told(accepted, row_of(accepted.request, seconds), user)


async def aoutcome_of(accepted: Outcome, user: UUID, seconds: float, gone: Gone = never) -> Outcome:
    """The same, awaited: no thread waits, and nobody for a client who has gone."""
    found = await arow_of(accepted.request, user, seconds, gone)
    return await hop(_told, accepted, found, user)


def row_of(id_: UUID, seconds: float) -> Request | None:
    """A request once it is decided; None when the time is up."""
    deadline = monotonic() + seconds
    with Wakeup(REQUESTS) as wakeup:
        while True:
            found = queries.decided([id_])[id_]
            left = deadline - monotonic()
            if found or left <= 0:
                return found
            wakeup.wait(min(left, PAUSE))


async def arow_of(id_: UUID, user: UUID, seconds: float, gone: Gone) -> Request | None:
    """The same of a request of this user's, awaited; None also when the client has `gone`."""
    leaving = asyncio.ensure_future(gone())
    waiting = asyncio.ensure_future(_decided(id_, user, seconds))
    try:
        await asyncio.wait({leaving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        return None if leaving.done() else waiting.result()
    finally:
        for each in (leaving, waiting):
            each.cancel()
        await asyncio.gather(leaving, waiting, return_exceptions=True)


async def _decided(id_: UUID, user: UUID, seconds: float) -> Request | None:
    """A request once it is decided; those who are woken together look together."""
    deadline = monotonic() + seconds
    async with listening(REQUESTS, str(user)) as bell:
        while True:
            found = await _rows.found(id_)
            left = deadline - monotonic()
            if found or not await bell.rung(max(0.0, left)):
                return found


def _told(accepted: Outcome, found: Request | None, user: UUID) -> Outcome:
    """The outcome for who has waited for it, and so needs no notification."""
    if found is None:
        return accepted
    see(found, user)
    return replace(queries.outcome(found), replayed=accepted.replayed)


def see(found: Request, user: UUID) -> None:
    """Somebody has waited for what came of a request, and knows it now."""
    if found.status != "succeeded":
        notifications.see(user, request=found.id)


def _all_decided(ids: Sequence[UUID]) -> dict[UUID, Request | None]:
    return queries.decided(ids)


_rows = Together(_all_decided)
