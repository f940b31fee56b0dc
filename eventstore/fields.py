"""A column type that both sides use."""

from typing import Any

from django.db import models


class PlainJSON(models.JSONField):
    """JSON kept as it was written: shown whole, never searched, and cheaper to write than jsonb."""

    def db_type(self, connection: Any) -> str:
        return "json"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        # The driver has decoded it already; Django's own field expects text.
        return value
