"""The store's addresses."""

from django.urls import path

from eventstore.api import Events, Stream
from eventstore.listeners import pages
from eventstore.listeners.api import Subscriptions

routes = {
    "events": {"GET": Events.as_view()},
    "events/stream": {"GET": Stream.as_view()},
    "subscriptions": {"GET": Subscriptions.as_view()},
}

urlpatterns = [path("subscriptions", pages.subscriptions, name="subscriptions")]
