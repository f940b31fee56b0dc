"""JSON shapes out."""

from typing import Any

from projections.tickets.models import Tally, Ticket


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
