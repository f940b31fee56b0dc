"""One's own outcomes as they come, as Server-Sent Events.

Requests are found in the order in which they were received and, of those that were queued, in that
in which they were decided; neither is the order in which transactions end. So it is looked some
way back each time, and what was told is not told again, but to a client that was away: it may be
told once more what was decided just before it lost us.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from commands.engine import queries
from commands.engine.announcing import REQUESTS
from commands.engine.models import Request
from eventstore.http import to_json
from eventstore.ids import first_uuid7
from eventstore.streaming import RETRY, message, stream
from eventstore.threads import hop
from eventstore.together import Together

CHUNK = 1_000
"""Requests of each kind that are looked through at once."""
PACE = 0.2
"""Seconds between two looks for one stream, at least: what comes fast is told together."""
LATE = timedelta(seconds=20)
"""So much later than its deadline a request may be seen that has been decided in time."""
LONGEST = timedelta(days=1)
"""Who was away for longer begins here."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far somebody's requests were looked through: in that order and in the other.

    Those of one batch were decided at the same time; `last` is the last of them.
    """

    user: UUID
    received: UUID
    decided: datetime
    last: UUID


def _beginning(user: UUID, since: datetime) -> Place:
    """Where to look, so that nothing is missed that was decided after this."""
    back = since - timedelta(seconds=settings.DAYBOOK_COMMAND_DEADLINE) - LATE
    whole = back.replace(microsecond=0)  # So that many who listen at once ask for the same.
    return Place(user, first_uuid7(whole), whole, UUID(int=0))


def told(since: datetime | None, user: UUID) -> Iterator[bytes]:
    """What there is now of what was decided since then."""
    followed = _Followed(user, since)
    while followed.is_new:
        followed.new(_found(followed.place))
    yield RETRY + followed.sign()
    is_all = False
    while not is_all:
        is_all = (found := _found(followed.place)).is_all
        if ids := followed.new(found):
            yield followed.messages(_rows(ids))
        if is_all:
            return


async def tell(
    since: datetime | None, user: UUID, still_may: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    """What was decided since then, or is from now on, for as long as who listens may."""
    followed, looked = _Followed(user, since), 0.0

    async def more() -> bytes:
        nonlocal looked
        await asyncio.sleep(max(0.0, looked + PACE - monotonic()))
        looked = monotonic()
        while True:
            found = await _together.found(followed.place)
            if ids := followed.new(found):
                return followed.messages(await hop(_rows, ids))
            if found.is_all:
                return b""

    while followed.is_new:
        followed.new(await _together.found(followed.place))
    async for messages in stream(
        REQUESTS, str(user), read=more, sign=followed.sign, still_may=still_may
    ):
        yield messages


class _Followed:
    """What somebody has been told of their requests, and where to look for more."""

    def __init__(self, user: UUID, since: datetime | None) -> None:
        now = datetime.now(UTC)
        self._user, self._since = user, max(since or now, now - LONGEST)
        self._known: dict[UUID, datetime] = {}
        self.is_new = since is None
        self.place = _beginning(user, self._since)

    def new(self, found: "_Found") -> list[UUID]:
        """Those that have not been told yet; to who is new, what is there is known."""
        new = {id_: at for id_, at in found.decided.items() if id_ not in self._known}
        self._known |= new
        if not found.is_all:
            self.place = found.next
        else:
            self._since = found.at
            self.place = _beginning(self._user, self._since)
            self._known = {id_: at for id_, at in self._known.items() if self._may_come(id_, at)}
        if self.is_new:
            self.is_new = not found.is_all
            return []
        return list(new)

    def _may_come(self, id_: UUID, decided_at: datetime) -> bool:
        """Whether this one may be found again: the database has a clock of its own."""
        return id_ > self.place.received or decided_at >= self.place.decided

    def messages(self, rows: Sequence[Request]) -> bytes:
        return b"".join(
            message(self._id, f"request.{row.status}", to_json(queries.shown(row))) for row in rows
        )

    def sign(self) -> bytes:
        """A sign of life; the client that read it goes on from here when it comes back."""
        return f": here\nid: {self._id}\n\n".encode()

    @property
    def _id(self) -> str:
        return str(int(self._since.timestamp() * 1_000_000))


@dataclass(frozen=True, slots=True)
class _Found:
    """The next of somebody's decided requests, with when they were, looked for `at` this time."""

    decided: Mapping[UUID, datetime]
    at: datetime
    is_all: bool
    next: Place


def _found(place: Place) -> _Found:
    at = datetime.now(UTC)
    mine = Request.objects.filter(principal=place.user, status__in=queries.OUTCOMES)
    received = _times(mine.filter(lane=None, id__gt=place.received).order_by("id"))
    beyond = Q(decided_at__gt=place.decided) | Q(id__gt=place.last)
    later = mine.filter(beyond, lane__isnull=False, decided_at__gte=place.decided)
    decided = _times(later.order_by("decided_at", "id"))
    following = place
    if received:
        following = replace(following, received=received[-1][0])
    if decided:
        last, at_last = decided[-1]
        following = replace(following, decided=at_last, last=last)
    is_all = max(len(received), len(decided)) < CHUNK
    return _Found(dict([*received, *decided]), at, is_all, following)


def _times(of: QuerySet[Request]) -> list[tuple[UUID, datetime]]:
    found: list[tuple[UUID, Any]] = list(of.values_list("id", "decided_at")[:CHUNK])
    return found


def _rows(ids: Sequence[UUID]) -> list[Request]:
    rows = Request.objects.in_bulk(ids).values()
    return sorted(rows, key=lambda row: (row.decided_at, row.id))


def _all_found(places: Sequence[Place]) -> dict[Place, _Found]:
    return {place: _found(place) for place in places}


_together = Together(_all_found, most=1)
