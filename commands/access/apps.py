"""Users, tokens and what they may do."""

from django.apps import AppConfig


class Access(AppConfig):
    name = "commands.access"
    label = "access"
