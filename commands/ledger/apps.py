"""The ledger's write side, loaded at start so that its commands are registered."""

from importlib import import_module

from django.apps import AppConfig


class LedgerCommands(AppConfig):
    name = "commands.ledger"
    label = "ledger_commands"

    def ready(self) -> None:
        import_module("commands.ledger.decider")
        import_module("commands.ledger.instruction_serializers")
        import_module("commands.ledger.serializers")
