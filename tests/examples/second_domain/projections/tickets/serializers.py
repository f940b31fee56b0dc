"""JSON shapes out."""

from typing import Any

from eventstore import openapi
from eventstore.openapi import like, nullable, one_of, shape
from projections.tickets.models import Tally, Ticket

COUNT = {"type": "integer", "minimum": 0, "examples": [3]}

TICKET = shape(
    "Ticket",
    "A customer's question.",
    id=openapi.UUID,
    subject=like(openapi.TEXT, "The till is stuck"),
    status=one_of("open", "solved"),
    solution=nullable(openapi.TEXT),
    version=openapi.VERSION,
    position=nullable(openapi.POSITION, example=812),
)
TALLY = shape(
    "Tally",
    "How many tickets there are.",
    opened=COUNT,
    solved=COUNT,
    position=openapi.POSITION,
)


def ticket(of: Ticket, position: int) -> dict[str, Any]:
    return {
        "id": str(of.id),
        "subject": of.subject,
        "status": "open" if of.solution is None else "solved",
        "solution": of.solution,
        "version": of.version,
        "position": position,
    }


def tally(of: Tally, position: int) -> dict[str, Any]:
    return {"opened": of.opened, "solved": of.solved, "position": position}
