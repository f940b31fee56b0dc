"""The event store: the log of everything that happened, and its heads, checkpoints and epoch."""

from importlib import import_module
from pkgutil import iter_modules

from django.apps import AppConfig

from eventstore import events


class EventStore(AppConfig):
    name = "eventstore"

    def ready(self) -> None:
        """Import every module of events/, so that the log can be decoded."""
        for module in iter_modules(events.__path__):
            import_module(f"eventstore.events.{module.name}")
        import_module("eventstore.log_checks")
        from eventstore.listeners.following import step_back
        from eventstore.signals import epoch_raised

        epoch_raised.connect(step_back, dispatch_uid="eventstore.step_back")
