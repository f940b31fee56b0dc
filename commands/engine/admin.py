"""The window on requests: what was asked, what came of it, and why."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString

from commands.engine.dispatch import names
from commands.engine.models import STATUSES, Request
from eventstore.cells import event_link, plain, stream_link, table, uuid
from eventstore.store import timestamp
from eventstore.window import Window, one_of

SOURCES = ("api", "form", "cli", "import", "bulk")


@admin.register(Request)
class RequestWindow(Window):
    """Requests, newest first: their ids sort by the time they came in."""

    key, has_times = "id", True
    list_display = ("moment", "command", "status", "code", "asked_by", "source", "id")
    list_display_links = ("moment", "id")
    list_filter = (
        one_of("status", lambda: STATUSES),
        one_of("command", names),
        one_of("source", lambda: SOURCES),
    )
    search_fields = ("id",)
    search_help_text = "A request's id, an idempotency key, or the name or id of who asked"
    fields = (
        *("id", "command", "status", "http_status", "code", "why", "asked_by", "source", "road"),
        *("key", "moment", "decided", "what_was_asked", "decided_on_", "made", "answer_"),
    )

    def during(
        self, rows: QuerySet[Request], since: datetime, until: datetime, term: str
    ) -> QuerySet[Request]:
        return rows.filter(id__gte=_first_id(since), id__lt=_first_id(until))

    def filtered(
        self, rows: QuerySet[Request], name: str, value: str, term: str
    ) -> QuerySet[Request] | None:
        has_index = name == "status" and value != "succeeded" and not term
        return rows.filter(status=value) if has_index else None

    def time_of(self, row: Request) -> datetime:
        return row.received_at

    def search(self, rows: QuerySet[Request], term: str) -> QuerySet[Request]:
        users = get_user_model().objects.values("pk")
        if id_ := uuid(term):
            found = rows.filter(id=id_)
            return found if found.exists() else self.among(rows, "principal", id_)
        if user := users.filter(username=term).first():
            return self.among(rows, "principal", user["pk"])
        # Keys are indexed by principal, of whom there are fewer than requests; but for those that a
        # failure has freed, of which there are few.
        with_key = rows.filter(principal__in=users, key=term).exclude(status="failed")
        failed = rows.filter(status="failed", key=term)
        return rows.filter(id__in=[row.pk for row in (*with_key, *failed)])

    def prepare(self, rows: list[Any]) -> None:
        users = get_user_model().objects.in_bulk({row.principal for row in rows})
        for row in rows:
            user = users.get(row.principal)
            row.asker = user.get_username() if user else str(row.principal)

    def code(self, row: Request) -> str:
        return str(row.answer.get("code", ""))

    def why(self, row: Request) -> str | SafeString:
        if row.status in {"accepted", "succeeded"}:
            return "—"
        facts = row.answer["facts"]
        said = format_html("<p>{}</p>", row.answer["detail"])
        shown = table(((name, plain(fact)) for name, fact in facts.items()), "Fact", "Value")
        return format_html("{}{}", said, shown) if facts else said

    def decided(self, row: Request) -> str:
        return timestamp(row.decided_at) if row.decided_at else "—"

    def asked_by(self, row: Any) -> str:
        return str(row.asker)

    @admin.display(description="what was asked")
    def what_was_asked(self, row: Request) -> SafeString:
        return format_html("<pre>{}</pre>", plain(row.payload))

    @admin.display(description="decided on")
    def decided_on_(self, row: Request) -> SafeString | str:
        rows = [
            (stream_link(stream, version, stream) if version else stream, version)
            for stream, version in row.decided_on.items()
        ]
        return table(rows, "Stream", "At version")

    @admin.display(description="events")
    def made(self, row: Request) -> SafeString | str:
        first = row.first_position or 0
        rows = [(event_link(position),) for position in range(first, first + row.events)]
        return table(rows, "Position") if rows else "—"

    @admin.display(description="answer")
    def answer_(self, row: Request) -> SafeString:
        return format_html("<pre>{}</pre>", plain(row.answer))


def _first_id(time: datetime) -> UUID:
    """The least UUIDv7 of this time (RFC 9562, section 5.7)."""
    return UUID(int=int(time.timestamp() * 1000) << 80)
