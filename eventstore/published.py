"""An event as others are given it: CloudEvents 1.0, and how OpenAPI describes that."""

from collections.abc import Iterable
from typing import Any

from eventstore import openapi
from eventstore.reading import read_all
from eventstore.records import Recorded, timestamp
from eventstore.registry import registered

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
    schema=openapi.like(
        {"type": "integer", "minimum": 1},
        1,
        "Which schema of its type `data` has: `/api/v1/schema/events/{type}.{schema}.json`.",
    ),
    position=openapi.POSITION,
    version=openapi.VERSION,
    requestid=openapi.nullable(openapi.UUID),
    correlationid=openapi.nullable(openapi.UUID),
    causationid=openapi.nullable(openapi.UUID),
)


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
        "schema": event.schema,
        "position": event.position,
        "version": event.version,
        "requestid": event.metadata.get("request"),
        "correlationid": event.metadata.get("correlation"),
        "causationid": event.metadata.get("causation"),
    }


def unheard_of(types: Iterable[str]) -> list[str]:
    """Of these types, those that no code knows and no event has.

    Types that no code knows any more are legal in the log; a slip of the pen is not.
    """
    known = {each.name for each in registered()}
    return [each for each in types if each not in known and not read_all(types=[each], limit=1)]
