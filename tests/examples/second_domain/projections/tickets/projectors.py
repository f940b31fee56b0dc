"""How events change the help desk's read tables: one function per event."""

from typing import Any

from eventstore.events.tickets import TicketOpened, TicketSolved, ticket_of
from eventstore.records import Recorded, category
from projections.engine.projector import Projection
from projections.tickets.models import Tally, Ticket

tickets = Projection("tickets", Ticket, key=ticket_of)
tallies = Projection("ticket_tallies", Tally, key=category, immediate=False)


@tickets.on(TicketOpened)
def open_ticket(row: Any, event: TicketOpened, recorded: Recorded) -> None:
    row.subject = event.subject
    row.customer = event.customer
    row.version = recorded.version


@tickets.on(TicketSolved)
def solve_ticket(row: Any, event: TicketSolved, recorded: Recorded) -> None:
    row.solution = event.solution
    row.version = recorded.version


@tallies.on(TicketOpened)
def count_opened(row: Any, event: TicketOpened, recorded: Recorded) -> None:
    row.opened += 1


@tallies.on(TicketSolved)
def count_solved(row: Any, event: TicketSolved, recorded: Recorded) -> None:
    row.solved += 1
