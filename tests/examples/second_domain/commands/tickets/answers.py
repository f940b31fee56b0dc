"""The resources a write answers with."""

from collections.abc import Mapping
from typing import Any

from commands.engine.decider import Context, States
from commands.tickets.messages import OpenTicket, SolveTicket
from eventstore.events.tickets import ticket_stream


def ticket(
    command: OpenTicket | SolveTicket, states: States, context: Context
) -> Mapping[str, Any]:
    stream = ticket_stream(command.ticket)
    found = states[stream]
    return {
        "ticket": {
            "id": str(command.ticket),
            "subject": found.subject,
            "status": found.status,
            "solution": found.solution,
            "version": states.version(stream),
            "position": 0,
        }
    }
