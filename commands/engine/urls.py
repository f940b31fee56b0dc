"""The addresses of requests."""

from commands.engine import api

routes = {
    "requests": {"GET": api.Requests.as_view()},
    "requests/<uuid:id>": {"GET": api.OneRequest.as_view()},
}
