"""Every outcome of the help desk's commands."""

from uuid import UUID

from commands.tickets.messages import OpenTicket, SolveTicket
from tests.examples.asking import ask
from tests.examples.factories import user
from tests.examples.outcomes import Case
from tests.examples.people import ANN, EVE

STUCK, OILED = (UUID(f"01a00000-0000-7000-8000-00000000000{n}") for n in (1, 2))
SOLVE = {"id": str(STUCK), "solution": "Oiled it"}


def world() -> None:
    """Two tickets of Ann's, one of them solved."""
    user(EVE)
    for ticket in (STUCK, OILED):
        ask(OpenTicket(subject="The till is stuck", ticket=ticket), by=ANN)
    ask(SolveTicket(ticket=OILED, solution="Oiled it"), by=ANN)


CASES = {
    "open_ticket": [Case({"subject": "The till is stuck"}, 201, by=ANN)],
    "solve_ticket": [
        Case(SOLVE, 200, by=ANN),
        Case(SOLVE, 404, "ticket-not-found", by=EVE),
        Case({**SOLVE, "id": str(OILED)}, 422, "ticket-is-solved", by=ANN),
    ],
}
UNREACHABLE: set[tuple[str, str]] = set()
