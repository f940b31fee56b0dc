"""Columns of lists in the admin that say in short what a row's page says in full."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from eventstore.cells import at_a_piece, short, titled
from eventstore.records import timestamp

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def id_column(name: str = "id", title: str = "") -> Any:
    """A column of short ids."""

    @admin.display(description=title or name)
    def shown(window: Any, row: Any) -> SafeString:
        id_ = getattr(row, name)
        return titled(at_a_piece(short(id_)), id_)

    return shown


def time_column(of: str | Callable[[Any, Any], datetime], title: str = "", none: str = "—") -> Any:
    """A column of times to the second, of a row's field or of what a function says of it."""

    @admin.display(description=title or str(of).replace("_", " "))
    def shown(window: Any, row: Any) -> SafeString | str:
        moment = getattr(row, of) if isinstance(of, str) else of(window, row)
        return second(moment) if moment else none

    return shown


when_column = time_column(lambda window, row: window.time_of(row), "when")
"""When each row came to be."""


def second(moment: datetime) -> SafeString:
    """A time in UTC to the second; to the microsecond where one points at it."""
    day, time = (
        at_a_piece(f"{moment.astimezone(UTC):{each}}") for each in ("%Y-%m-%d", "%H:%M:%S")
    )
    return titled(format_html("{} {}", day, time), timestamp(moment))


def short_stream(stream: str) -> str:
    """A stream's name with a short id, where that is a UUID."""
    return _UUID.sub(lambda found: short(found[0]), stream)
