"""The read side's addresses."""

from projections.tickets import api

routes = {
    "tickets/tally": {"GET": api.TheTally.as_view()},
    "tickets/<uuid:id>": {"GET": api.OneTicket.as_view()},
}
