"""Windows on the log: every event with what it changed, every stream as it was at any version."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

import eventstore.listeners.admin  # noqa: F401  Its window is registered there.
from eventstore import folding
from eventstore.cells import (
    come,
    entity_link,
    event_link,
    gone,
    number,
    plain,
    row_link,
    stream_link,
    stream_row_link,
    table,
    titled,
    uuid,
    words,
)
from eventstore.decimals import with_decimals
from eventstore.differing import changes
from eventstore.listed import short_stream, when_column
from eventstore.models import CATEGORY, Event, Stream
from eventstore.reading import position_before, read_stream, version_before
from eventstore.records import category, timestamp
from eventstore.registry import load, registered
from eventstore.values import told
from eventstore.window import Window, one_of

EVENTS = 100
"""How many events a stream's page lists."""


@admin.register(Event)
class EventWindow(Window):
    """The log, newest first."""

    has_times = True
    change_form_template = "admin/event_row.html"
    when = when_column
    list_display = ("position", "type", "in_stream", "version", "when")
    list_filter = (one_of("type", lambda: [entry.name for entry in registered()]),)
    search_fields = ("stream",)
    search_help_text = (
        "A position, an event's id, a stream such as account-ann, or all of a kind: account-"
    )
    fields = (
        *("position", "type", "schema", "of_stream", "shown_as", "moment", "id"),
        *("what_happened", "what_changed", "asked_by", "metadata_"),
    )

    def filtered(
        self, rows: QuerySet[Event], name: str, value: str, term: str
    ) -> QuerySet[Event] | None:
        return None if term else self.among(rows, name, value)

    def during(
        self, rows: QuerySet[Event], since: datetime, until: datetime, term: str
    ) -> QuerySet[Event]:
        if _is_stream(term):
            return rows.filter(
                version__gt=version_before(term, since), version__lte=version_before(term, until)
            )
        return rows.filter(
            position__gt=position_before(since), position__lte=position_before(until)
        )

    def search(self, rows: QuerySet[Event], term: str) -> QuerySet[Event]:
        if _is_stream(term):
            return self.among(rows, "stream", term, key="version")
        if (position := number(term)) is not None:
            return rows.filter(position=position)
        if id_ := uuid(term):
            return rows.filter(id=id_)
        return self.among(rows.alias(category=CATEGORY), "category", term.removesuffix("-"))

    @admin.display(description="stream")
    def of_stream(self, event: Event) -> SafeString:
        return stream_link(event.stream, event.version, event.stream)

    @admin.display(description="stream")
    def in_stream(self, event: Event) -> SafeString:
        named = titled(short_stream(event.stream), event.stream)
        return stream_link(event.stream, event.version, named)

    def shown_as(self, event: Event) -> SafeString | str:
        return stream_row_link(event.stream)

    def what_happened(self, event: Event) -> SafeString:
        (recorded,) = read_stream(event.stream, after=event.version - 1, upto=event.version)
        try:
            said = told(load(recorded))
        except folding.UNREADABLE:
            return format_html(
                "<p>No code here knows this type.</p><pre>{}</pre>", plain(event.data)
            )
        _, after = _around(event)
        rows = [
            (words(name), with_decimals(name, value, entity_link(name, value), after))
            for name, value in said.items()
        ]
        return table(rows, "Field", "Value")

    def what_changed(self, event: Event) -> SafeString:
        before, after = _around(event)
        if after is None:
            return format_html("<p>{}</p>", before)
        rows = [
            (
                " › ".join(map(words, each.place)),
                with_decimals(each.place[-1], each.before, gone(each.before), after),
                with_decimals(each.place[-1], each.after, come(each.after), after),
            )
            for each in changes(before or {}, after)
        ]
        return table(rows, "Field", "Before", "After", kind="change")

    @admin.display(description="request")
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
    change_form_template = "admin/stream_row.html"
    list_display = ("name", "version")
    search_fields = ("name",)
    search_help_text = "The beginning of a name, such as account-customers:"
    fields = ("name", "shown_as", "version", "at_version", "folded", "events")

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

    @admin.display(description="state")
    def folded(self, stream: Any) -> SafeString:
        try:
            before, state = folding.around(stream.name, stream.shown)
        except folding.NotFolded as error:
            return format_html("<p>{}</p>", error)
        changed = {each.place[0] for each in changes(before or {}, state)} if before else set()
        rows = [
            (
                words(name),
                with_decimals(name, value, (come if name in changed else plain)(value), state),
                "by this version" if name in changed else "",
            )
            for name, value in state.items()
        ]
        return table(rows, "Field", "Value", "Changed", kind="change")

    def shown_as(self, stream: Any) -> SafeString | str:
        return stream_row_link(stream.name)

    def events(self, stream: Any) -> SafeString:
        found = read_stream(stream.name, upto=stream.shown, backward=True, limit=EVENTS)
        earlier = found[-1].version - 1 if found else 0
        listed = table(
            (
                (
                    stream_link(stream.name, each.version, str(each.version)),
                    event_link(each.position),
                    each.type,
                    timestamp(each.recorded_at),
                )
                for each in found
            ),
            *("Version", "Position", "Type", "Recorded"),
        )
        more = stream_link(stream.name, earlier, "Earlier events") if earlier else ""
        return format_html("{}{}", listed, more)


def _around(event: Any) -> tuple[Any, Any]:
    """The states before and after an event; why they are not known, and None."""
    if not hasattr(event, "states"):
        try:
            event.states = folding.around(event.stream, event.version)
        except folding.NotFolded as error:
            event.states = (error, None)
    found: tuple[Any, Any] = event.states
    return found


def _version(text: str, last: int) -> int:
    """The version that an address asks for; the last where it asks for none that there is."""
    asked = number(text)
    return asked if asked and asked <= last else last


def _is_stream(term: str) -> bool:
    """Whether a whole name of a stream is meant: UUIDs have hyphens, too."""
    return bool(category(term) != term and term.partition("-")[2] and not uuid(term))
