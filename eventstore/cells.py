"""What cells of the admin's windows show: small tables, values as they are, and ways elsewhere."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.admin.utils import quote
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from eventstore.differing import ABSENT

_windows: dict[str, str] = {}


def shown_in(category: str, window: str) -> None:
    """Each stream of this category has a row in this window, under the id in the stream's name."""
    _windows[category] = window


def streams_like(name: str) -> list[str]:
    """The streams that may be meant by a stream's name or by the id in it."""
    return [name, *(f"{category}-{name}" for category in _windows)]


def table(rows: Iterable[Iterable[Any]], *head: str, kind: str = "plain") -> SafeString:
    """Rows of texts as a small table; what kind it is says how it looks."""
    titles = format_html_join("", "<th scope='col'>{}</th>", ((each,) for each in head))
    lines = [format_html_join("", "<td>{}</td>", ((cell,) for cell in row)) for row in rows]
    body = format_html_join("", "<tr>{}</tr>", ((line,) for line in lines))
    return format_html(
        '<table class="{}"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>', kind, titles, body
    )


def gone(value: Any) -> SafeString:
    """A value that was there before a change; nothing where there was none."""
    return SafeString() if value is ABSENT else format_html("<del>{}</del>", plain(value))


def come(value: Any) -> SafeString:
    """A value that is there since a change; nothing where there is none any more."""
    return SafeString() if value is ABSENT else format_html("<ins>{}</ins>", plain(value))


def row_link(window: str, key: Any, text: Any = None) -> SafeString:
    """To a row of another window, named as the admin names it: `ledger_entry`."""
    address = reverse(f"admin:{window}_change", args=[quote(key)])
    return link(address, key if text is None else text)


def short_row_link(window: str, id_: Any) -> SafeString:
    """The same with a short id."""
    return row_link(window, id_, titled(short(id_), id_))


def titled(text: Any, whole: Any) -> SafeString:
    """Something in short; the whole is shown where one points at it."""
    return format_html('<span title="{}">{}</span>', whole, text)


def at_a_piece(text: str) -> SafeString:
    """A text that is not broken into lines."""
    return format_html('<span class="short">{}</span>', text)


def short(id_: Any) -> str:
    """The end of an id, which differs where the beginning, a time, may not."""
    return f"…{str(id_)[-8:]}"


def figure(text: str) -> SafeString:
    """An amount, which stands at the right of its column."""
    return format_html('<span class="figure">{}</span>', text)


def event_link(position: int) -> SafeString:
    return row_link("eventstore_event", position)


def stream_link(stream: str, version: int, text: str = "") -> SafeString:
    """To a stream as it was at a version."""
    address = reverse("admin:eventstore_stream_change", args=[quote(stream)])
    return link(f"{address}?version={version}", text or f"{stream} at {version}")


def stream_row_link(stream: str) -> SafeString | str:
    """To the row that shows this stream's entity, where there is one."""
    kind, _, id_ = stream.partition("-")
    return entity_link(kind, id_) if kind in _windows else "—"


def entity_link(category: str, id_: Any) -> SafeString | str:
    """To the row that shows this entity where there is one, as `transfer` and its id."""
    shown = plain(id_)
    if category not in _windows or not isinstance(id_, str | UUID):
        return shown
    return row_link(_windows[category], id_, shown)


def link(address: str, text: Any) -> SafeString:
    return format_html('<a href="{}">{}</a>', address, text)


def words(name: str) -> str:
    """A name of the code as a label."""
    return name.replace("_", " ").capitalize()


def plain(value: Any) -> str:
    """A value as JSON has it, on as many lines as it needs."""
    if isinstance(value, str | UUID | date):
        return str(value)
    return json.dumps(_named(value), indent=2, ensure_ascii=False, default=_text)


def _named(value: Any) -> Any:
    """The same with texts for keys: the holds of an account are kept by their ids."""
    if isinstance(value, dict):
        return {str(key): _named(each) for key, each in value.items()}
    return [_named(each) for each in value] if isinstance(value, list | tuple) else value


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def uuid(text: str) -> UUID | None:
    """A text as a UUID; None when it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def number(text: str) -> int | None:
    """A text as a position or a version; None when it is none that there could be."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
