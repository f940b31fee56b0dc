"""The store's addresses."""

from eventstore.api import Events, Stream
from eventstore.listeners.api import Subscriptions

routes = {
    "events": {"GET": Events.as_view()},
    "events/stream": {"GET": Stream.as_view()},
    "subscriptions": {"GET": Subscriptions.as_view()},
}
