"""The questions one may ask of the help desk's read tables."""

from uuid import UUID

from projections.tickets.models import Tally, Ticket


def ticket(customer: UUID, id_: UUID) -> Ticket | None:
    """One of a customer's tickets."""
    return Ticket.objects.filter(customer=customer, id=id_).first()


def tally() -> Tally:
    """How many tickets there are, as far as the worker has counted."""
    return Tally.objects.filter(desk="ticket").first() or Tally(desk="ticket")
