"""JSON shapes in."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from commands.engine.dispatch import shapes
from commands.engine.fields import TextField
from commands.engine.shapes import StrictSerializer
from commands.tickets.messages import OpenTicket, SolveTicket
from eventstore import openapi


class OpenTicketShape(StrictSerializer):
    subject = TextField(max_length=200, allow_blank=False)


class SolveTicketShape(StrictSerializer):
    solution = TextField(max_length=500, allow_blank=False)


@shapes(
    "open_ticket",
    body=(OpenTicketShape,),
    examples={"A question": {"subject": "The till is stuck"}},
)
def open_ticket(body: Mapping[str, Any], arguments: Mapping[str, str]) -> OpenTicket:
    return OpenTicket(**OpenTicketShape.load(body))


@shapes(
    "solve_ticket",
    body=(SolveTicketShape,),
    examples={"An answer": {"solution": "Oiled it"}},
    arguments={"id": openapi.UUID},
)
def solve_ticket(body: Mapping[str, Any], arguments: Mapping[str, str]) -> SolveTicket:
    return SolveTicket(ticket=UUID(str(arguments["id"])), **SolveTicketShape.load(body))
