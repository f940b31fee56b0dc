"""The window on requests: what was asked, what came of it, and why."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, Func, QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_safe

from commands.engine import analysis, readable, retries
from commands.engine.dispatch import names
from commands.engine.errors import Busy, Malformed, OutcomeUnknown
from commands.engine.models import STATUSES, Request
from eventstore.cells import (
    at_a_piece,
    event_link,
    plain,
    row_link,
    short,
    stream_link,
    streams_like,
    table,
    titled,
    uuid,
)
from eventstore.ids import first_uuid7
from eventstore.listed import id_column, when_column
from eventstore.store import read_stream, timestamp
from eventstore.window import Window, one_of

AGAIN, PATTERNS = "commands_request_again", "commands_request_patterns"
SOURCES = ("api", "form", "cli", "import", "bulk", "reaction", "expiry")


@admin.register(Request)
class RequestWindow(Window):
    """Requests, newest first: their ids sort by the time they came in."""

    key, has_times = "id", True
    change_form_template = "admin/request_row.html"
    change_list_template = "admin/requests.html"
    when, id_ = when_column, id_column()
    list_display = ("when", "command", "status", "code", "asked_by_", "source", "id_")
    list_display_links = ("when", "id_")
    list_filter = (
        one_of("status", lambda: STATUSES),
        one_of("command", names),
        one_of("source", lambda: SOURCES),
    )
    search_fields = ("id",)
    search_help_text = (
        "A request's id, an idempotency key, the name or id of who asked, or else an account or a"
        " stream that it was decided on"
    )
    fields = (
        *("id", "command", "status", "http_status", "code", "why", "asked_by", "source", "road"),
        *("key", "moment", "decided", "what_was_asked", "decided_on_", "made", "answer_"),
        *("not_before", "attempts", "retry_at", "error", "again_for", "run_again"),
    )

    def during(
        self, rows: QuerySet[Request], since: datetime, until: datetime, term: str
    ) -> QuerySet[Request]:
        return rows.filter(id__gte=first_uuid7(since), id__lt=first_uuid7(until))

    def filtered(
        self, rows: QuerySet[Request], name: str, value: str, term: str
    ) -> QuerySet[Request] | None:
        has_index = (
            name == "status" and value != "succeeded" and (not term or bool(self.sieve(term)))
        )
        return rows.filter(status=value) if has_index else None

    def time_of(self, row: Request) -> datetime:
        return row.received_at

    def search(self, rows: QuerySet[Request], term: str) -> QuerySet[Request]:
        way, value = _meant(term)
        if way == "principal":
            return self.among(rows, way, value)
        return rows if way == "stream" else rows.filter(id__in=value)

    def sieve(self, term: str) -> Sequence[Any]:
        way, value = _meant(term)
        return [_DecidedOn(Value(value))] if way == "stream" else []

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
        facts = readable.facts(row.answer["facts"])
        said = format_html("<p>{}</p>", row.answer["detail"])
        if errors := row.answer.get("errors"):
            places = ((e.get("pointer", e.get("parameter")), e["detail"]) for e in errors)
            return format_html("{}{}", said, table(places, "Place", "What is wrong"))
        return format_html("{}{}", said, table(facts, "Fact", "Value")) if facts else said

    def decided(self, row: Request) -> str:
        return timestamp(row.decided_at) if row.decided_at else "—"

    def asked_by(self, row: Any) -> str:
        return str(row.asker)

    @admin.display(description="asked by")
    def asked_by_(self, row: Any) -> SafeString | str:
        id_ = str(row.principal)
        return titled(at_a_piece(short(id_)), id_) if row.asker == id_ else str(row.asker)

    @admin.display(description="what was asked")
    def what_was_asked(self, row: Request) -> SafeString | str:
        return _pre(row.payload) if row.payload is not None else "no longer kept"

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
        return _pre(row.answer)

    @admin.display(description="runs again")
    def again_for(self, row: Request) -> SafeString | str:
        return row_link("commands_request", row.retry_of) if row.retry_of else "—"

    @admin.display(description="was run again by")
    def run_again(self, row: Request) -> SafeString | str:
        found = retries.of(row) if row.status == "failed" else []
        rows = [(row_link("commands_request", each.id), each.status) for each in found]
        return table(rows, "Request", "Status") if rows else "—"

    def get_urls(self) -> list[Any]:
        again = require_http_methods(["GET", "HEAD", "POST"])(self.again)
        patterns = require_safe(self.patterns)
        return [
            path("patterns/", self.admin_site.admin_view(patterns), name=PATTERNS),
            path("<uuid:id>/again/", self.admin_site.admin_view(again), name=AGAIN),
            *super().get_urls(),
        ]

    def patterns(self, request: HttpRequest) -> HttpResponse:
        """What requests of some time have in common."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        about = {"title": "Patterns of requests", "opts": self.opts}
        context = {**self.admin_site.each_context(request), **analysis.context(request), **about}
        return render(request, "admin/patterns.html", context)

    # --- running a failed one again ------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        more = {"may_run_again": _may_run_again(request), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, more)

    def again(self, request: HttpRequest, id: UUID) -> HttpResponse:
        """Ask whether a failed request shall be run again, and do so."""
        if not _may_run_again(request):
            raise PermissionDenied
        failed = get_object_or_404(Request, id=id)
        if request.method != "POST":
            if failed.status != "failed":
                raise Http404
            self.prepare([failed])
            asked = {**self.admin_site.each_context(request), "title": "Run again", "row": failed}
            return render(request, "admin/run_again.html", {**asked, "opts": self.opts})
        level, said = _run_again(failed)
        self.log_change(request, failed, f"Run again: {strip_tags(said)}")
        messages.add_message(request, level, said)
        return HttpResponseRedirect(reverse("admin:commands_request_change", args=[failed.id]))


class _DecidedOn(Func):
    """Whether a request was decided on this stream, whatever came of it."""

    template = "((decided_on ->> %(expressions)s) IS NOT NULL)"
    output_field = BooleanField()


def _meant(term: str) -> tuple[str, Any]:
    """What a term says of requests: their ids, who asked, or a stream that was decided on."""
    users = get_user_model().objects.values("pk")
    if id_ := uuid(term):
        is_one = Request.objects.filter(id=id_).exists()
        return ("ids", [id_]) if is_one else ("principal", id_)
    if user := users.filter(username=term).first():
        return "principal", user["pk"]
    # Keys are indexed by principal, of whom there are fewer than requests; but for those that a
    # failure has freed, of which there are few.
    with_key = Request.objects.filter(principal__in=users, key=term).exclude(status="failed")
    failed = Request.objects.filter(status="failed", key=term)
    if ids := [row.pk for row in (*with_key, *failed)]:
        return "ids", ids
    streams = (stream for stream in streams_like(term) if read_stream(stream, limit=1))
    stream = next(streams, None)
    return ("stream", stream) if stream else ("ids", [])


def _may_run_again(request: HttpRequest) -> bool:
    return bool(request.principal.may("operate"))  # type: ignore[attr-defined]


def _run_again(failed: Request) -> tuple[int, str]:
    """What came of it, in a sentence, and how grave that is."""
    try:
        outcome = retries.run_again(failed)
    except Malformed as error:
        return messages.ERROR, " ".join(detail for _, detail in error.errors)
    except (Busy, OutcomeUnknown) as error:
        return messages.ERROR, error.detail
    if not outcome.is_accepted:
        return messages.ERROR, str(outcome.answer["detail"])
    link = row_link("commands_request", outcome.request)
    return messages.SUCCESS, format_html("It is accepted as request {}.", link)


def _pre(value: Any) -> SafeString:
    return format_html("<pre>{}</pre>", plain(value))
