"""The log over HTTP, as CloudEvents: GET /events, and GET /events/stream as it grows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from eventstore import openapi, telling
from eventstore.epoch import current
from eventstore.http import BadRequest, LogRestored, Renderer, answer, integer, parameters
from eventstore.lean import LeanView
from eventstore.listening import listening
from eventstore.openapi import Operation
from eventstore.published import EVENT, cloud_event, unheard_of
from eventstore.registry import registered
from eventstore.store import latest_position, read_all
from eventstore.streaming import MEDIA_TYPE, EventStream, streaming
from eventstore.threads import hop

MAX_LIMIT = 1000
MAX_POSITION = 2**63 - 1
MAX_WAIT = 60

EVENTS = openapi.shape(
    "Log",
    "Events in commit order, and the position of the last there is.",
    position=openapi.POSITION,
    events=openapi.listing(EVENT),
    has_more={"type": "boolean", "examples": [False]},
)
MESSAGES = openapi.like(
    openapi.TEXT,
    'id: 1:812\nevent: ledger.account_credited\ndata: {"specversion": "1.0", …}\n\n',
    "Messages, each with one event as `GET /events` shows it for its data.",
)
AFTER = {"type": "integer", "minimum": 0, "maximum": MAX_POSITION}
TYPES = openapi.query(
    "types",
    openapi.like(openapi.ANY_TEXT, "ledger.account_opened,ledger.transfer_posted"),
    "Only events of these types, divided by commas.",
)

SEEN = openapi.header(
    "Last-Event-ID",
    openapi.like({"type": "string", "pattern": "^([0-9]+:[0-9]+)?$"}, "1:12"),
    "The last event seen, `epoch:position`; it counts before `after`.",
)


class MayFollow(BasePermission):
    """Whoever may view the whole ledger, with a token that reaches as far as the log."""

    message = (
        "Reading the log needs the right to view, and a token for events:read of all accounts."
    )

    def has_permission(self, request: Request, view: Any) -> bool:
        principal = request.principal  # type: ignore[attr-defined]
        return principal.may("view") and principal.allows("events:read") and not principal.prefix


@dataclass(frozen=True, slots=True)
class Place:
    """After which position, said by which parameter, and in which epoch if that was said."""

    after: int
    name: str = "after"
    epoch: int | None = None

    def check(self, head: int, epoch: int) -> None:
        """See whether a log of this epoch that ends there has the place.

        Raises:
            LogRestored: it was given before a restore that lost events.
            BadRequest: it is beyond the end.
        """
        if self.epoch not in (None, epoch):
            raise LogRestored
        if self.after > head:
            raise BadRequest([(self.name, f"The log ends at position {head}.")])


@dataclass(frozen=True, slots=True)
class Asked:
    """Which events: those of these types after this place, as many, after such a wait."""

    place: Place
    limit: int
    types: tuple[str, ...]
    wait: int


class Events(LeanView):
    """Events after a position, in commit order. Whoever asks again after the last misses none.

    A `Last-Event-ID` of the time before the log was restored is answered with 410.
    """

    operation = Operation(
        id="list_events",
        shows=EVENTS,
        parameters=(
            openapi.query(
                "after",
                {**AFTER, "default": 0},
                "The last position seen; one beyond the head is refused.",
            ),
            openapi.limit(MAX_LIMIT),
            TYPES,
            openapi.query(
                "wait",
                {"type": "integer", "minimum": 0, "maximum": MAX_WAIT, "default": 0},
                "For how many seconds to wait for an event when there is none.",
            ),
            SEEN,
        ),
        errors=(LogRestored(),),
    )
    permission_classes = (IsAuthenticated, MayFollow)

    def get(self, request: Request) -> Response:
        asked = _asked(request)
        # The epoch of an answer is never later than its events: what is restored meanwhile is told
        # to whoever asks after them.
        epoch, head = current(), latest_position()
        asked.place.check(head, epoch)
        events = read_all(
            after=asked.place.after, upto=head, types=asked.types, limit=asked.limit + 1
        )
        body = {
            "position": head,
            "events": [cloud_event(event, epoch) for event in events[: asked.limit]],
            "has_more": len(events) > asked.limit,
        }
        found = answer(request, body, head)
        found.headers["Daybook-Epoch"] = str(epoch)
        return found

    async def aget(self) -> HttpResponseBase:
        if "wait" in self.request.query_params:
            asked = await hop(_asked, self.request)
            if asked.wait:
                await _until_there_are(asked)
        return await hop(self.shown)


async def _until_there_are(asked: Asked) -> None:
    """Wait until events are there to be answered; also when something else ends the wait."""
    deadline, after = monotonic() + asked.wait, asked.place.after
    async with listening("events") as bell:
        while True:
            found = await telling.read(after, asked.types)
            if found.text or found.head < after:
                return
            after = found.upto
            if not await bell.rung(max(0.0, deadline - monotonic())):
                return


class Stream(LeanView):
    """Events as they come, as Server-Sent Events that begin after a position or with the next one.

    An id that was given before the log was restored is answered with 410.
    """

    operation = Operation(
        id="stream_events",
        shows=MESSAGES,
        media=MEDIA_TYPE,
        parameters=(
            openapi.query("after", AFTER, "The last position seen; without it the head."),
            TYPES,
            SEEN,
        ),
        errors=(LogRestored(),),
    )
    permission_classes = (IsAuthenticated, MayFollow)
    renderer_classes = (EventStream, Renderer)

    def get(self, request: Request) -> HttpResponseBase:
        """What there is now: who reads it to its end comes back by themselves."""
        epoch, after, types = _beginning(request)
        return _stream(telling.told(epoch, after, types), epoch, after)

    async def aget(self) -> HttpResponseBase:
        epoch, after, types = await hop(_beginning, self.request)
        return _stream(telling.tell(epoch, after, types, self.still_may), epoch, after)


def _stream(messages: Any, epoch: int, after: int) -> HttpResponseBase:
    return streaming(messages, **{"Daybook-Position": str(after), "Daybook-Epoch": str(epoch)})


def _asked(request: Request) -> Asked:
    given = parameters(request, {"after", "limit", "types", "wait"})
    return Asked(
        place=_place(request, given, 0),
        limit=integer(given, "limit", 100, least=1, most=MAX_LIMIT),
        types=_types(given.get("types", "")),
        wait=integer(given, "wait", 0, least=0, most=MAX_WAIT),
    )


def _types(text: str) -> tuple[str, ...]:
    """The types that are named.

    Raises:
        BadRequest: no event is of one of them.
    """
    types = tuple(sorted({name for name in text.split(",") if name}))
    for name in unheard_of(types):
        known = ", ".join(each.name for each in registered())
        said = f"No event is of the type {name[:100]!r}; there are: {known}."
        raise BadRequest([("types", said)])
    return types


def _place(request: Request, given: Mapping[str, str], default: int) -> Place:
    """After which event it goes on: the one whose id was sent, or at a position."""
    place = Place(integer(given, "after", default, least=0, most=MAX_POSITION))
    name, seen = "Last-Event-ID", request.META.get("HTTP_LAST_EVENT_ID")
    if not seen:
        return place
    parts = re.fullmatch(r"([0-9]{1,18}):([0-9]{1,18})", seen.strip(), re.ASCII)
    if parts is None:
        raise BadRequest([(name, "This must be `epoch:position`, such as 1:812.")])
    return Place(int(parts[2]), name, int(parts[1]))


def _beginning(request: Request) -> tuple[int, int, tuple[str, ...]]:
    """The epoch, the position after which a stream begins, and the types it is of."""
    given = parameters(request, {"after", "types"})
    epoch, head = current(), latest_position()
    place = _place(request, given, head)
    place.check(head, epoch)
    return epoch, place.after, _types(given.get("types", ""))
