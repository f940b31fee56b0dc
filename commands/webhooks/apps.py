"""Webhooks: events are sent to endpoints of others, signed, in order and at least once."""

from django.apps import AppConfig


class Webhooks(AppConfig):
    name = "commands.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        from commands.webhooks.endpoints import step_back
        from commands.webhooks.queries import subscriptions
        from eventstore.listeners.status import told_by
        from eventstore.signals import epoch_raised

        told_by(subscriptions)
        epoch_raised.connect(step_back, dispatch_uid="webhooks.step_back")
