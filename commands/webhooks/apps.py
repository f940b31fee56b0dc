"""Webhooks: events are sent to endpoints of others, signed, in order and at least once."""

from django.apps import AppConfig


class Webhooks(AppConfig):
    name = "commands.webhooks"
    label = "webhooks"
