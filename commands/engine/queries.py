"""The questions of the request table: somebody's own requests, and what came of them."""

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet

from commands.engine.models import STATUSES, Notification, Request
from commands.engine.outcomes import Outcome
from eventstore import openapi
from eventstore.http import problem_body
from eventstore.openapi import like
from eventstore.store import timestamp

Row = TypeVar("Row", bound=Model)

REQUEST = openapi.shape(
    "Request",
    "What was asked, and what came of it.",
    id=openapi.UUID,
    command=like(openapi.TEXT, "post_transfer"),
    status=openapi.one_of(*STATUSES),
    road=like(openapi.TEXT, "awaited"),
    source=like(openapi.TEXT, "api"),
    data={
        **openapi.nullable({"type": "object"}),
        "description": "What was sent; null when it is no longer kept. Of what is malformed, a text"
        " that is no JSON object stands under `text`, and the beginning of a long one under `cut`.",
        "examples": [{"from": "outside:bank", "to": "customers:alan", "amount": "1250"}],
    },
    received_at=openapi.TIME,
    decided_at=openapi.nullable(openapi.TIME),
    not_before=openapi.nullable(openapi.TIME),
    position=openapi.nullable(openapi.POSITION),
    answer={
        **openapi.nullable(
            openapi.closed(
                {
                    "status": {"type": "integer", "minimum": 200, "maximum": 599},
                    "body": {"type": "object"},
                }
            )
        ),
        "description": "The very answer that its sender got or would have got; null till then.",
        "examples": [{"status": 422, "body": problem_body("same-account", 422, "Two are needed.")}],
    },
)


NOTIFICATION = openapi.shape(
    "Notification",
    "What somebody is told who did not wait for it.",
    id=openapi.UUID,
    kind=like(
        openapi.TEXT,
        "refused",
        "What it is about in a word: refused, failed, or what a reaction says.",
    ),
    text=like(openapi.TEXT, "Post transfer was not done. Two are needed."),
    request=openapi.nullable(openapi.UUID),
    account=openapi.nullable(openapi.TEXT),
    created_at=openapi.TIME,
    seen_at=openapi.nullable(openapi.TIME),
)


OUTCOMES = ("succeeded", "refused", "failed")
"""How a request may end that became a command."""


def own(
    user: UUID,
    *,
    after: UUID | None = None,
    limit: int,
    descending: bool = False,
    unseen: bool = False,
    status: str | None = None,
) -> list[Request]:
    """Somebody's requests in the order in which they came in; perhaps just those of a `status`.

    The `unseen` are the ones of whose end they were told and have not looked at.
    """
    found = Request.objects.filter(principal=user)
    if status is not None:
        found = found.filter(status=status)
    if unseen:
        told = Notification.objects.filter(user=user, seen_at=None)
        found = found.filter(id__in=told.values("request"))
    return _ordered(found, after, limit, descending)


def pending(user: UUID, *, limit: int) -> list[Request]:
    """Somebody's requests that are still to be done, those that came in last first."""
    return _ordered(Request.objects.filter(principal=user, status="accepted"), None, limit, True)


def notifications(
    user: UUID,
    *,
    after: UUID | None = None,
    limit: int,
    descending: bool = False,
    unseen: bool = False,
) -> list[Notification]:
    """What somebody was told, in the order in which it happened; perhaps just what is `unseen`."""
    found = Notification.objects.filter(user=user)
    return _ordered(found.filter(seen_at=None) if unseen else found, after, limit, descending)


def notification(id_: UUID, user: UUID) -> Notification | None:
    """What somebody was told."""
    return Notification.objects.filter(id=id_, user=user).first()


def _ordered(found: QuerySet[Row], after: UUID | None, limit: int, descending: bool) -> list[Row]:
    if after is not None:
        found = found.filter(id__lt=after) if descending else found.filter(id__gt=after)
    return list(found.order_by("-id" if descending else "id")[:limit])


def one(id_: UUID, *, user: UUID, every: bool) -> Request | None:
    """A request, if it is the user's own or they may see `every` one."""
    found = Request.objects.filter(id=id_)
    return found.first() if every else found.filter(principal=user).first()


def decided(ids: Sequence[UUID]) -> dict[UUID, Request | None]:
    """Those of these requests that are decided; None for each of the others."""
    found = Request.objects.exclude(status="accepted").in_bulk(ids)
    return {id_: found.get(id_) for id_ in ids}


def items(of: Request) -> list[Request]:
    """The requests of a bulk's commands in their order; none where it was refused as a whole."""
    ids = [each.request for each in outcome(of).outcomes]
    rows = Request.objects.in_bulk(ids) if ids else {}
    return [rows[id_] for id_ in ids]


WAITING = """
SELECT count(*), coalesce(extract(epoch FROM
    clock_timestamp() - min(greatest(received_at, not_before))), 0)::float8
FROM commands_request
WHERE status = 'accepted' AND (place IS NOT NULL OR not_before <= clock_timestamp())"""


def waiting() -> tuple[int, float]:
    """How many requests wait to be decided that are due, and the seconds of the oldest."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        many, seconds = cursor.fetchone()
    return many, max(seconds, 0.0)


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
    pending = result.is_accepted
    return {
        "id": str(of.id),
        "command": of.command,
        "status": of.status,
        "road": of.road,
        "source": of.source,
        "data": of.payload,
        "received_at": timestamp(of.received_at),
        "decided_at": timestamp(of.decided_at) if of.decided_at else None,
        "not_before": timestamp(of.not_before) if of.not_before else None,
        "position": result.position,
        "answer": None if pending else {"status": of.http_status, "body": result.told},
    }


def told(of: Notification) -> dict[str, Any]:
    """A notification as JSON."""
    return {
        "id": str(of.id),
        "kind": of.kind,
        "text": of.text,
        "request": str(of.request) if of.request else None,
        "account": of.account,
        "created_at": timestamp(of.created_at),
        "seen_at": timestamp(of.seen_at) if of.seen_at else None,
    }
