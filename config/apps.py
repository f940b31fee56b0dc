"""The wiring is an app of its own: it brings commands and checks that need both sides."""

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class Config(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks, helping  # noqa: F401
        from eventstore.events import currencies

        helping.lay_out()
        try:
            currencies.configure(settings.DAYBOOK_CURRENCIES)
        except ValueError as error:
            raise ImproperlyConfigured(f"DAYBOOK_CURRENCIES: {error}") from error
