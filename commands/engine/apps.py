"""The write side's engine: one handler for every request, and the record of what came of it."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class Commands(AppConfig):
    name = "commands.engine"
    label = "commands"

    def ready(self) -> None:
        autodiscover_modules("reactions")
        for name in ("checks", "bulk"):
            import_module(f"commands.engine.{name}")
        from commands.engine.decider import folded, states
        from eventstore.folding import folded_by

        folded_by(folded, states)
