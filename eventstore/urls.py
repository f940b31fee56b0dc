"""The store's addresses."""

from eventstore.api import Events, Stream

routes = {"events": {"GET": Events.as_view()}, "events/stream": {"GET": Stream.as_view()}}
