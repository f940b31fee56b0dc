"""What the help desk does by itself: whose ticket was solved is told so."""

from collections.abc import Iterator

from commands.engine.reactions import Asked, Tell, reaction
from commands.engine.watching import Happened
from eventstore.events.tickets import TicketOpened, TicketSolved


@reaction("solved", TicketOpened, TicketSolved, watches=TicketOpened, until=lambda t: t.solution)
def solved(happened: Happened) -> Iterator[Asked]:
    """The customer hears of it; the ticket needs no more watching."""
    if isinstance(happened.event, TicketSolved):
        said = f"{happened.before.subject}: {happened.event.solution}"
        yield Tell(happened.before.customer, "ticket-solved", said)
