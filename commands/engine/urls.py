"""The addresses of requests."""

from django.urls import path

from commands.engine import again, analysis, api, pages, remembered

routes = {
    "bulk": {"POST": api.Bulk.as_view()},
    "requests": {"GET": remembered.Requests.as_view()},
    "requests/stream": {"GET": remembered.OutcomeStream.as_view()},
    "requests/patterns": {"GET": analysis.Patterns.as_view()},
    "requests/<uuid:id>": {
        "GET": remembered.OneRequest.as_view(),
        "DELETE": remembered.CancelRequest.as_view(),
    },
    "notifications": {"GET": remembered.Notifications.as_view()},
    "notifications/<uuid:id>/seen": {"POST": remembered.SeeNotification.as_view()},
}

urlpatterns = [
    path("requests/", pages.requests, name="requests"),
    path("requests/patterns", analysis.patterns, name="patterns"),
    path("requests/<uuid:id>", pages.request, name="request"),
    path("requests/<uuid:id>/again", again.AskAgain.as_view(), name="ask-again"),
    path("requests/<uuid:id>/cancel", pages.cancel, name="cancel-request"),
    path("notifications/<uuid:id>/seen", pages.see_notification, name="see-notification"),
]
