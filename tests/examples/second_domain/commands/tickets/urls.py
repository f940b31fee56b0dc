"""The write side's addresses."""

from commands.tickets import api

routes = {
    "tickets": {"POST": api.OpenTicket.as_view()},
    "tickets/<uuid:id>/solve": {"POST": api.SolveTicket.as_view()},
}
