"""The log over HTTP, as CloudEvents: GET /events."""

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventstore.epoch import current
from eventstore.http import BadRequest, answer, integer, parameters
from eventstore.store import Recorded, latest_position, read_all, timestamp

MAX_LIMIT = 1000
MAX_POSITION = 2**63 - 1


class Events(APIView):
    """Events after a position, in commit order; whoever asks again after the last misses none."""

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
