"""The help desk's rules, one function per command."""

from commands.engine.decider import Changes, Context, States, decides, entity
from commands.tickets import answers, state
from commands.tickets.messages import OpenTicket, SolveTicket
from commands.tickets.refusals import TicketIsSolved, TicketNotFound
from eventstore import registry, values
from eventstore.events import tickets
from eventstore.events.tickets import TicketOpened, TicketSolved, ticket_stream

entity(
    "ticket",
    initial=state.Ticket(),
    evolve=state.evolve_ticket,
    sources=(state, tickets, registry, values),
)


@decides(
    OpenTicket,
    "open_ticket",
    answer=answers.ticket,
    shows=("ticket",),
    refusals=(),
    created=True,
)
def open_ticket(command: OpenTicket, states: States, context: Context) -> Changes:
    opened = TicketOpened(subject=command.subject, customer=context.principal.user)
    return {ticket_stream(command.ticket): opened}


@decides(
    SolveTicket,
    "solve_ticket",
    answer=answers.ticket,
    shows=("ticket",),
    refusals=(TicketNotFound, TicketIsSolved),
)
def solve_ticket(command: SolveTicket, states: States, context: Context) -> Changes:
    stream = ticket_stream(command.ticket)
    ticket = states[stream]
    if not ticket.exists or ticket.customer != context.principal.user:
        raise TicketNotFound
    if ticket.status == "solved":
        raise TicketIsSolved(solution=ticket.solution)
    return {stream: TicketSolved(solution=command.solution)}
