"""Columns that read tables are made of, beside Django's own."""

from decimal import Decimal
from typing import Any

from django.db import models


class Total(models.Field):  # type: ignore[type-arg]
    """Minor units of any size: `numeric` without precision in the table, `int` in Python."""

    def db_type(self, connection: Any) -> str:
        return "numeric"

    def from_db_value(self, value: Decimal | None, *_: Any) -> int | None:
        return None if value is None else int(value)

    def to_python(self, value: Any) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> Decimal | None:
        return None if value is None else Decimal(value)


class Position(models.BigIntegerField):  # type: ignore[type-arg]
    """The position of the event that made the row; within an append, filled in by SQL."""


class RecordedAt(models.DateTimeField):  # type: ignore[type-arg]
    """When the row's event was recorded; within an append, filled in by SQL."""
