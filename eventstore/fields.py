"""A column type and a kind of index that both sides use."""

from typing import Any

from django.db import models


class PlainJSON(models.JSONField):
    """JSON kept as it was written: shown whole, never searched, and cheaper to write than jsonb."""

    def db_type(self, connection: Any) -> str:
        return "json"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        # The driver has decoded it already; Django's own field expects text.
        return value


class Brin(models.Index):
    """Says of ranges of a table what lies in them: small, for what grows in the order of a column.

    Django's own needs an app of its own, and summarises new ranges by itself only when told to.
    """

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **options: Any) -> Any:
        statement = super().create_sql(model, schema_editor, using=" USING brin", **options)
        parts: dict[str, Any] = statement.parts
        parts["extra"] = " WITH (autosummarize = on)"
        return statement
