"""What a ticket is, as the sum of its events."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from eventstore.events.tickets import TicketOpened, TicketSolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket; before it is opened, nobody is its customer."""

    subject: str = ""
    customer: UUID | None = None
    solution: str | None = None

    @property
    def exists(self) -> bool:
        return self.customer is not None

    @property
    def status(self) -> str:
        return "open" if self.solution is None else "solved"


def evolve_ticket(ticket: Ticket, event: Any) -> Ticket:
    match event:
        case TicketOpened():
            return Ticket(subject=event.subject, customer=event.customer)
        case TicketSolved():
            return replace(ticket, solution=event.solution)
    raise TypeError(f"a ticket does not know {event!r}")
