"""The addresses of webhooks."""

from commands.webhooks import api

routes = {
    "webhooks": {"GET": api.Webhooks.as_view(), "POST": api.CreateWebhook.as_view()},
    "webhooks/<uuid:id>": {
        "GET": api.OneWebhook.as_view(),
        "PATCH": api.ChangeWebhook.as_view(),
        "DELETE": api.DeleteWebhook.as_view(),
    },
    "webhooks/<uuid:id>/deliveries": {"GET": api.Deliveries.as_view()},
    "webhooks/<uuid:id>/replay": {"POST": api.ReplayWebhook.as_view()},
    "webhooks/<uuid:id>/rotate": {"POST": api.RotateWebhook.as_view()},
}
