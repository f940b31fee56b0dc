"""Windows on the log: every event with what it changed, every stream as it was at any version."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from eventstore import folding
from eventstore.errors import UnknownEvent
from eventstore.models import Event, Stream
from eventstore.reading import position_before, read_stream
from eventstore.records import Recorded
from eventstore.registry import load, registered
from eventstore.window import Window, event_link, one_of, plain, row_link, stream_link, table, uuid

EVENTS = 100
"""How many events a stream's page lists."""


@admin.register(Event)
class EventWindow(Window):
    """The log, newest first."""

    has_times = True
    list_display = ("position", "type", "of_stream", "version", "moment")
    list_filter = (one_of("type", lambda: [entry.name for entry in registered()]),)
    search_fields = ("stream",)
    search_help_text = "A position, an event's or request's id, or a stream such as account-ann"
    fields = (
        "position",
        "type",
        "schema",
        "of_stream",
        "moment",
        "id",
        "what_happened",
        "what_changed",
        "asked_by",
        "metadata_",
    )

    def during(self, rows: QuerySet[Event], since: datetime, until: datetime) -> QuerySet[Event]:
        return rows.filter(
            position__gt=position_before(since), position__lte=position_before(until)
        )

    def search(self, rows: QuerySet[Event], term: str) -> QuerySet[Event]:
        if term.isascii() and term.isdigit():
            return rows.filter(position=min(int(term), 2**63 - 1))
        if id_ := uuid(term):
            return rows.filter(id=id_)
        return rows.filter(stream=term)

    @admin.display(description="stream")
    def of_stream(self, event: Event) -> SafeString:
        return stream_link(event.stream, event.version, event.stream)

    def what_happened(self, event: Event) -> SafeString:
        recorded = _recorded(event)
        try:
            typed = load(recorded)
        except UnknownEvent:
            return format_html(
                "<p>No code here knows this type.</p><pre>{}</pre>", plain(event.data)
            )
        said = [(_words(name), plain(value)) for name, value in _members(typed).items()]
        return table(said, "Field", "Value")

    def what_changed(self, event: Event) -> SafeString:
        before, after = folding.around(event.stream, event.version)
        if after is None:
            return format_html("<p>{}</p>", "This stream cannot be folded here.")
        known = before or {}
        rows = [
            (_words(name), plain(known.get(name, "")), plain(value))
            for name, value in after.items()
            if name not in known or known[name] != value
        ]
        return table(rows, "Field", "Before", "After")

    def asked_by(self, event: Event) -> SafeString | str:
        request = event.metadata.get("request")
        return row_link("commands_request", request) if request else "—"

    @admin.display(description="metadata")
    def metadata_(self, event: Event) -> SafeString:
        return format_html("<pre>{}</pre>", plain(event.metadata))


@admin.register(Stream)
class StreamWindow(Window):
    """Heads of streams, by name."""

    key, descending = "name", False
    list_display = ("name", "version")
    search_fields = ("name",)
    search_help_text = "The beginning of a name, such as account-customers:"
    fields = ("name", "version", "at_version", "folded", "events")

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            found.shown = _version(request.GET.get("version", ""), found.version)
        return found

    def search(self, rows: QuerySet[Stream], term: str) -> QuerySet[Stream]:
        return rows.filter(name__startswith=term)

    @admin.display(description="shown at version")
    def at_version(self, stream: Any) -> SafeString:
        at, last = stream.shown, stream.version
        steps = [("first", 1), ("previous", at - 1), ("next", at + 1), ("last", last)]
        links = [
            (" · ", stream_link(stream.name, version, text))
            for text, version in steps
            if 1 <= version <= last and version != at
        ]
        return format_html("{}{}", at, format_html_join("", "{}{}", links))

    def folded(self, stream: Any) -> SafeString:
        _, state = folding.around(stream.name, stream.shown)
        if state is None:
            return format_html("<p>{}</p>", "This stream cannot be folded here.")
        return table(((_words(k), plain(v)) for k, v in state.items()), "Field", "Value")

    def events(self, stream: Any) -> SafeString:
        found = read_stream(stream.name, upto=stream.shown, backward=True, limit=EVENTS)
        return table(
            (
                (
                    stream_link(stream.name, each.version, str(each.version)),
                    event_link(each.position),
                    each.type,
                    each.recorded_at,
                )
                for each in found
            ),
            *("Version", "Position", "Type", "Recorded"),
        )


def _version(text: str, last: int) -> int:
    """The version that an address asks for; the last where it asks for none that there is."""
    asked = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else last
    return asked if 1 <= asked <= last else last


def _recorded(event: Event) -> Recorded:
    (found,) = read_stream(event.stream, after=event.version - 1, upto=event.version)
    return found


def _members(typed: Any) -> Mapping[str, Any]:
    return {each.name: getattr(typed, each.name) for each in fields(typed)}


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
