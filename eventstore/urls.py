"""The store's addresses."""

from eventstore.api import Events

routes = {"events": {"GET": Events.as_view()}}
