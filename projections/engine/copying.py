"""Rows go into a read table by COPY, for which the server has the least to do."""

import re
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import orjson
from django.db import connection, models

from projections.engine.tables import AnyField, Table

NULL = r"\N"
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def copy_in(table: Table, rows: Sequence[Any]) -> None:
    """Insert rows that are not there yet, and whose positions are known."""
    if not rows:
        return
    columns = [_texts(table.fields[name], rows) for name in table.columns]
    text = "\n".join(map("\t".join, zip(*columns, strict=True)))
    into = f"COPY {table.name} ({', '.join(table.columns)}) FROM STDIN"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(into) as copy:
        copy.write(text + "\n")


def _texts(field: AnyField, rows: Sequence[Any]) -> list[str]:
    """What these rows have in a column, in COPY's text format."""
    write, values = _writer(field), map(attrgetter(str(field.column)), rows)
    return [NULL if value is None else write(value) for value in values]


def _writer(field: AnyField) -> Callable[[Any], str]:
    if isinstance(field, models.JSONField):
        return lambda value: _escaped(orjson.dumps(value).decode())
    if isinstance(field, models.CharField | models.TextField):
        return _escaped
    if isinstance(field, models.UUIDField):
        return lambda value: value.hex
    return str


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES) if _SPECIAL.search(text) else text
