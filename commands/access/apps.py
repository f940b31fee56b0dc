"""Users, tokens and what they may do."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class Access(AppConfig):
    name = "commands.access"
    label = "access"

    def ready(self) -> None:
        from commands.access.groups import ensure

        post_migrate.connect(ensure, sender=self, dispatch_uid="access.groups")
