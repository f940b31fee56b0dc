"""The log over HTTP, as CloudEvents: GET /events."""

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventstore import openapi
from eventstore.epoch import current
from eventstore.http import BadRequest, answer, integer, parameters
from eventstore.openapi import Operation
from eventstore.store import Recorded, latest_position, read_all, timestamp

MAX_LIMIT = 1000
MAX_POSITION = 2**63 - 1


EVENT = openapi.shape(
    "Event",
    "An event as CloudEvents 1.0 has it.",
    specversion=openapi.one_of("1.0"),
    id=openapi.UUID,
    source=openapi.like(openapi.TEXT, "/daybook/1"),
    type=openapi.like(openapi.TEXT, "ledger.account_credited"),
    subject=openapi.like(openapi.TEXT, "account-customers:alan"),
    time=openapi.TIME,
    data={
        "type": "object",
        "description": "What changed, as the type of the event has it.",
        "examples": [{"amount": "1250", "effective_on": "2026-11-23"}],
    },
    position=openapi.POSITION,
    version=openapi.VERSION,
    requestid=openapi.nullable(openapi.UUID),
    correlationid=openapi.nullable(openapi.UUID),
    causationid=openapi.nullable(openapi.UUID),
)
EVENTS = openapi.shape(
    "Log",
    "Events in commit order, and the position of the last there is.",
    position=openapi.POSITION,
    events=openapi.listing(EVENT),
    has_more={"type": "boolean", "examples": [False]},
)


class Events(APIView):
    """Events after a position, in commit order. Whoever asks again after the last misses none."""

    operation = Operation(
        id="list_events",
        shows=EVENTS,
        parameters=(
            openapi.query(
                "after",
                {"type": "integer", "minimum": 0, "maximum": MAX_POSITION, "default": 0},
                "The last position seen; one beyond the head is refused.",
            ),
            openapi.limit(MAX_LIMIT),
            openapi.query(
                "types",
                openapi.like(openapi.ANY_TEXT, "ledger.account_opened,ledger.transfer_posted"),
                "Only events of these types, divided by commas.",
            ),
        ),
    )
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        principal = request.principal  # type: ignore[attr-defined]
        if principal.prefix or not (principal.may("view") and principal.allows("events:read")):
            raise PermissionDenied(
                "Reading the log needs the right to view, and a token for events:read of all "
                "accounts."
            )
        given = parameters(request, {"after", "limit", "types"})
        after = integer(given, "after", 0, least=0, most=MAX_POSITION)
        limit = integer(given, "limit", 100, least=1, most=MAX_LIMIT)
        types = [name for name in given.get("types", "").split(",") if name]
        head, epoch = latest_position(), current()
        if after > head:
            raise BadRequest([("after", f"The log ends at position {head}.")])
        events = read_all(after=after, upto=head, types=types, limit=limit + 1)
        body = {
            "position": head,
            "events": [cloud_event(event, epoch) for event in events[:limit]],
            "has_more": len(events) > limit,
        }
        return answer(request, body, head)


def cloud_event(event: Recorded, epoch: int) -> dict[str, Any]:
    """An event as CloudEvents 1.0 with our extension attributes."""
    return {
        "specversion": "1.0",
        "id": str(event.id),
        "source": f"/daybook/{epoch}",
        "type": event.type,
        "subject": event.stream,
        "time": timestamp(event.recorded_at),
        "data": event.data,
        "position": event.position,
        "version": event.version,
        "requestid": event.metadata.get("request"),
        "correlationid": event.metadata.get("correlation"),
        "causationid": event.metadata.get("causation"),
    }
