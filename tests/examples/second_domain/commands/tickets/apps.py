"""The help desk's write side, loaded at start so that its commands are registered."""

from importlib import import_module

from django.apps import AppConfig


class TicketsCommands(AppConfig):
    name = "commands.tickets"
    label = "tickets_commands"

    def ready(self) -> None:
        import_module("commands.tickets.decider")
        import_module("commands.tickets.serializers")
