"""Checks for `manage.py check --deploy`: what must not reach production."""

from typing import Any

from django.conf import settings
from django.core import checks


@checks.register("daybook", deploy=True)
def two_roles(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """The application should not own the events."""
    owner = settings.DATABASE_OWNER.get("USER")
    if owner and owner != settings.DATABASES["default"].get("USER"):
        return []
    return [
        checks.Warning(
            "One database role does everything, so the application could drop the triggers that"
            " keep events as they are.",
            hint="Give the owner of the events in DATABASE_OWNER_URL and run migrate.",
            id="daybook.W001",
        )
    ]
