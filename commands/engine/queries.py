"""The questions of the request table: somebody's own requests, and what came of them."""

from typing import Any
from uuid import UUID

from commands.engine.models import Request
from commands.engine.outcomes import Outcome
from eventstore import openapi
from eventstore.http import problem_body
from eventstore.openapi import like
from eventstore.store import timestamp

REQUEST = openapi.shape(
    "Request",
    "What was asked, and what came of it.",
    id=openapi.UUID,
    command=like(openapi.TEXT, "post_transfer"),
    status=openapi.one_of("succeeded", "refused"),
    road=like(openapi.TEXT, "awaited"),
    source=like(openapi.TEXT, "api"),
    data={
        "type": "object",
        "description": "What was sent.",
        "examples": [{"from": "outside:bank", "to": "customers:alan", "amount": "1250"}],
    },
    received_at=openapi.TIME,
    decided_at=openapi.TIME,
    not_before=openapi.nullable(openapi.TIME),
    position=openapi.nullable(openapi.POSITION),
    answer={
        **openapi.closed(
            {
                "status": {"type": "integer", "minimum": 200, "maximum": 599},
                "body": {"type": "object"},
            }
        ),
        "description": "The very answer that its sender got.",
        "examples": [{"status": 422, "body": problem_body("same-account", 422, "Two are needed.")}],
    },
)


def own(
    user: UUID, *, after: UUID | None = None, limit: int, descending: bool = False
) -> list[Request]:
    """Somebody's requests in the order in which they came in."""
    found = Request.objects.filter(principal=user)
    if after is not None:
        found = found.filter(id__lt=after) if descending else found.filter(id__gt=after)
    return list(found.order_by("-id" if descending else "id")[:limit])


def one(id_: UUID, *, user: UUID, every: bool) -> Request | None:
    """A request, if it is the user's own or they may see `every` one."""
    found = Request.objects.filter(id=id_)
    return found.first() if every else found.filter(principal=user).first()


def items(of: Request) -> list[Request]:
    """The requests of a bulk's commands in their order; none where it was refused as a whole."""
    ids = [each.request for each in outcome(of).outcomes]
    rows = Request.objects.in_bulk(ids) if ids else {}
    return [rows[id_] for id_ in ids]


def outcome(of: Request) -> Outcome:
    """What came of it."""
    return Outcome(
        request=of.id,
        status=of.status,
        http_status=of.http_status,
        answer=of.answer,
        first_position=of.first_position,
        events=of.events,
        decided_at=of.decided_at,
    )


def shown(of: Request) -> dict[str, Any]:
    """A request as JSON; its answer is the one its sender got."""
    result = outcome(of)
    return {
        "id": str(of.id),
        "command": of.command,
        "status": of.status,
        "road": of.road,
        "source": of.source,
        "data": of.payload,
        "received_at": timestamp(of.received_at),
        "decided_at": timestamp(of.decided_at),
        "not_before": None,
        "position": result.position,
        "answer": {"status": of.http_status, "body": result.told},
    }
