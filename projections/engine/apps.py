"""The read side's engine: tables made from events, by one path for all occasions."""

from django.apps import AppConfig


class Projections(AppConfig):
    name = "projections.engine"
    label = "projections"

    def ready(self) -> None:
        from django.utils.module_loading import autodiscover_modules

        from eventstore.signals import events_appended
        from projections.engine.apply import apply_immediate
        from projections.engine.differences import register_checks

        autodiscover_modules("projectors", "checks")
        register_checks()
        events_appended.connect(apply_immediate, dispatch_uid="projections.apply_immediate")
