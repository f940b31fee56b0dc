"""What may be asked of the help desk."""

from dataclasses import dataclass, field
from uuid import UUID

from commands.engine.decider import Touches
from eventstore.events.tickets import ticket_stream
from eventstore.ids import uuid7


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTicket:
    """Ask for help."""

    subject: str
    ticket: UUID = field(default_factory=uuid7)

    def touches(self) -> Touches:
        return Touches(draws=(ticket_stream(self.ticket),))


@dataclass(frozen=True, slots=True, kw_only=True)
class SolveTicket:
    """Say how the customer was helped."""

    ticket: UUID
    solution: str

    def touches(self) -> Touches:
        return Touches(changes=(ticket_stream(self.ticket),))
