"""Every "no" of the help desk."""

from commands.engine.errors import Refused


class TicketNotFound(Refused):
    """There is no such ticket, or it is not yours."""

    code = "ticket-not-found"
    status = 404


class TicketIsSolved(Refused):
    """This ticket is solved already; open another one."""

    code = "ticket-is-solved"
    example = {"solution": "Oiled it"}
