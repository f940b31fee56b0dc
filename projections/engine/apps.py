"""The read side's engine: tables made from events, by one path for all occasions."""

from importlib import import_module

from django.apps import AppConfig


class Projections(AppConfig):
    name = "projections.engine"
    label = "projections"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate
        from django.utils.module_loading import autodiscover_modules

        from eventstore import signals
        from eventstore.listeners.status import told_by
        from projections.engine.apply import apply_immediate, rows_held
        from projections.engine.differences import register_checks
        from projections.engine.standing import note_lost, note_new
        from projections.engine.status import followers

        import_module("projections.engine.system_checks")
        autodiscover_modules("projectors", "checks")
        register_checks()
        told_by(followers)
        signals.events_appended.connect(apply_immediate, dispatch_uid="projections.apply")
        post_migrate.connect(note_new, sender=self, dispatch_uid="projections.note_new")
        signals.rows_held.connect(rows_held, dispatch_uid="projections.rows_held")
        signals.epoch_raised.connect(note_lost, dispatch_uid="projections.note_lost")
