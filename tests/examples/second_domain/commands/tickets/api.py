"""Writes over HTTP."""

from commands.engine.api import CommandView


class OpenTicket(CommandView):
    command = "open_ticket"


class SolveTicket(CommandView):
    command = "solve_ticket"
