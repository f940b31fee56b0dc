"""What can happen to a ticket at a help desk."""

from dataclasses import dataclass
from uuid import UUID

from eventstore.registry import event


def ticket_stream(ticket: UUID) -> str:
    return f"ticket-{ticket}"


def ticket_of(stream: str) -> UUID:
    return UUID(stream.partition("-")[2])


@event("tickets.opened")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketOpened:
    """Somebody needs help."""

    subject: str
    customer: UUID


@event("tickets.solved")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSolved:
    """The customer was helped, and this is how."""

    solution: str
