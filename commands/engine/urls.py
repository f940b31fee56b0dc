"""The addresses of requests."""

from django.urls import path

from commands.engine import api, views

routes = {
    "bulk": {"POST": api.Bulk.as_view()},
    "requests": {"GET": api.Requests.as_view()},
    "requests/<uuid:id>": {"GET": api.OneRequest.as_view()},
}

urlpatterns = [
    path("requests/", views.requests, name="requests"),
    path("requests/<uuid:id>", views.request, name="request"),
]
