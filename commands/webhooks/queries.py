"""What is shown of endpoints and of what was sent to them; secrets never are."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from commands.webhooks.models import Delivery, Endpoint
from eventstore import openapi
from eventstore.listeners.status import Log, Status
from eventstore.openapi import like, nullable
from eventstore.records import timestamp

URL = like(openapi.TEXT, "https://example.com/hook")
SWITCHED_OFF = "It has failed for five days."
WEBHOOK: Mapping[str, openapi.Schema] = {
    "id": openapi.UUID,
    "url": URL,
    "types": like(
        openapi.listing(openapi.TEXT), ["ledger.account_credited"], "None are all types."
    ),
    "prefix": like(openapi.TEXT, "customers", "Of account codes; empty for all events."),
    "active": like({"type": "boolean"}, True),
    "position": {**openapi.POSITION, "description": "Up to which events are done with."},
    "lag_events": like({"type": "integer", "minimum": 0}, 0, "Events of the log after that."),
    "failing_since": nullable(openapi.TIME),
    "next_attempt_at": nullable(openapi.TIME),
    "switched_off": nullable(like(openapi.TEXT, SWITCHED_OFF, "Why it is not active.")),
    "created_at": openapi.TIME,
}
ONE = openapi.shape("Webhook", "An endpoint that events are sent to.", **WEBHOOK)
SECRET = {
    "type": "string",
    "pattern": "^whsec_[A-Za-z0-9+/]{43}=$",
    "description": "What its events are signed with. It is shown just this once.",
    "examples": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAAAAAAAAAAA="],
}
WITH_SECRET = openapi.shape(
    "WebhookWithSecret", "An endpoint, and its new secret.", **WEBHOOK, secret=SECRET
)
DELIVERY = openapi.shape(
    "Delivery",
    "An attempt to send an event to an endpoint.",
    event=openapi.UUID,
    position=openapi.POSITION,
    type=like(openapi.TEXT, "ledger.account_credited"),
    attempt=like({"type": "integer", "minimum": 1}, 1, "1 is the first with this event."),
    at=openapi.TIME,
    duration_ms=like({"type": "integer", "minimum": 0}, 84),
    status=nullable(
        like({"type": "integer"}, 204, "The HTTP status of the answer; null when none came."),
        example=204,
    ),
    error=nullable(like(openapi.TEXT, "", "What went wrong, but for the status.")),
)


def shown(endpoint: Endpoint, head: int) -> dict[str, Any]:
    """An endpoint as the API has it, when the log is that long."""
    return {
        "id": str(endpoint.id),
        "url": endpoint.url,
        "types": endpoint.types,
        "prefix": endpoint.prefix,
        "active": endpoint.active,
        "position": endpoint.position,
        "lag_events": max(0, head - endpoint.position),
        "failing_since": endpoint.failing_since and timestamp(endpoint.failing_since),
        "next_attempt_at": endpoint.next_at and timestamp(endpoint.next_at),
        "switched_off": endpoint.switched_off or None,
        "created_at": timestamp(endpoint.created_at),
    }


def told(delivery: Delivery) -> dict[str, Any]:
    """An attempt as the API has it."""
    return {
        "event": str(delivery.event),
        "position": delivery.position,
        "type": delivery.type,
        "attempt": delivery.attempt,
        "at": timestamp(delivery.at),
        "duration_ms": delivery.duration_ms,
        "status": delivery.status,
        "error": delivery.error or None,
    }


def one(id_: UUID) -> Endpoint | None:
    """The endpoint with this id, if there is one."""
    return Endpoint.objects.filter(id=id_).first()


def endpoints(*, after: UUID | None, limit: int, descending: bool) -> list[Endpoint]:
    """Endpoints in the order in which they were made, those after this one."""
    return list(_page(Endpoint.objects.all(), after, descending)[:limit])


def deliveries(
    endpoint: UUID, *, after: int | None, limit: int, descending: bool
) -> list[Delivery]:
    """Attempts with an endpoint in the order in which they ended, those after this one."""
    return list(_page(Delivery.objects.filter(endpoint=endpoint), after, descending)[:limit])


def _page(rows: QuerySet[Any], after: Any, descending: bool) -> QuerySet[Any]:
    if after is not None:
        rows = rows.filter(**{"id__lt" if descending else "id__gt": after})
    return rows.order_by("-id" if descending else "id")


def states() -> dict[str, int]:
    """How many endpoints work, fail, and are switched off."""
    off, failing = Q(active=False), Q(active=True, failing_since__isnull=False)
    return Endpoint.objects.aggregate(
        working=Count("id", filter=Q(active=True, failing_since=None)),
        failing=Count("id", filter=failing),
        off=Count("id", filter=off),
    )


def subscriptions(log: Log) -> Iterator[Status]:
    """How endpoints stand among all who follow the log.

    One that is switched off has stopped; one that fails is running still, and says since when.
    """
    rows = list(Endpoint.objects.order_by("id"))
    log.look_up(each.position for each in rows)
    for each in rows:
        yield log.status(
            str(each.id),
            "webhook",
            position=each.position,
            is_off=not each.active,
            error=each.switched_off or _failing(each),
            window="webhooks_endpoint",
        )


def _failing(endpoint: Endpoint) -> str:
    """Since when an endpoint has not taken its next event; empty when it takes what it is sent."""
    if endpoint.failing_since is None:
        return ""
    tried = f"{endpoint.attempts} attempt{'s' if endpoint.attempts > 1 else ''}"
    return f"It has not taken its next event since {timestamp(endpoint.failing_since)}: {tried}."


def counts() -> list[tuple[str, int, int]]:
    """Of each endpoint: its id, how many attempts the receiver took, how many it did not."""
    found = Endpoint.objects.order_by("id").values_list("id", "delivered", "failed")
    return [(str(id_), delivered, failed) for id_, delivered, failed in found]
