"""Rows go into a read table by COPY, for which the server has the least to do."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import orjson
from django.db import connection, models

from projections.engine.tables import AnyField, Table

NULL = r"\N"
AT_ONCE = 2_000
"""Lines that go to the server in one message."""
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


# The same again and again, in rows that come one after the other.
_time = lru_cache(maxsize=1_000)(datetime.isoformat)
_day = lru_cache(maxsize=1_000)(date.isoformat)


def copy_in(table: Table, lines: Sequence[str]) -> None:
    """Insert rows that are not there yet, as `writer` has written them."""
    if not lines:
        return
    into = f"COPY {table.name} ({', '.join(table.columns)}) FROM STDIN"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(into) as copy:
        for start in range(0, len(lines), AT_ONCE):
            copy.write("".join(lines[start : start + AT_ONCE]))


def writer(table: Table) -> Callable[[Any], str]:
    """What writes a row of a table as a line of COPY's text format.

    It is written for the table once, as codecs are for events. The row's position must be known.
    """
    values = [_column(name, field) for name, field in table.fields.items()]
    known: dict[str, Any] = {"escaped": _escaped, "dumps": orjson.dumps, "NULL": NULL}
    known |= {"time": _time, "day": _day}
    line = "\\t".join(f"{{NULL if row.{name} is None else {value}}}" for name, value in values)
    exec(f'def write(row):\n    return f"{line}\\n"', known)  # noqa: S102  Made of columns' names.
    return known["write"]  # type: ignore[no-any-return]


def _column(name: str, field: AnyField) -> tuple[str, str]:
    """A column and the expression for the text of its value."""
    if isinstance(field, models.JSONField):
        return name, f"escaped(dumps(row.{name}).decode())"
    if isinstance(field, models.CharField | models.TextField):
        return name, f"escaped(row.{name})"
    if isinstance(field, models.UUIDField):
        return name, f"row.{name}.hex"
    if isinstance(field, models.DateTimeField):
        return name, f"time(row.{name})"
    if isinstance(field, models.DateField):
        return name, f"day(row.{name})"
    return name, f"row.{name}"


def _escaped(text: str) -> str:
    if "\\" not in text and text.isprintable():
        return text
    return text.translate(_ESCAPES)
