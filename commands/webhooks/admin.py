"""Windows on webhooks: how far each endpoint is, what was sent to it, and what staff may do."""

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from commands.webhooks import endpoints, queries
from commands.webhooks.models import Delivery, Endpoint
from eventstore.cells import event_link, link, row_link, table, uuid
from eventstore.records import timestamp
from eventstore.store import latest_position
from eventstore.window import Window

ACTIONS = {"off": "Switch off", "on": "Switch on", "replay": "Replay"}
LAST = 20
"""So many deliveries are shown with their endpoint, the last ones."""


class ForOperators(Window):
    """For those who operate: an address may itself be a secret."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_operate(request)


@admin.register(Endpoint)
class EndpointWindow(ForOperators):
    """Endpoints, the newest first. The API rotates secrets: it shows them, once."""

    key = "id"
    change_form_template = "admin/endpoint.html"
    list_display = ("id", "url", "state", "position", "lag", "attempts", "created_at")
    search_fields = ("id",)
    search_help_text = "An endpoint's id"
    fields = (
        *("id", "url", "of_types", "prefix", "state", "position", "lag", "attempts"),
        *("failing_since", "next_at", "delivered", "failed", "created_at", "last_deliveries"),
    )

    def search(self, rows: QuerySet[Endpoint], term: str) -> QuerySet[Endpoint]:
        return rows.filter(id=id_) if (id_ := uuid(term)) else rows.none()

    def prepare(self, rows: list[Any]) -> None:
        head = latest_position()
        for row in rows:
            row.behind = max(0, head - row.position)

    def state(self, row: Endpoint) -> str:
        if not row.active:
            return f"switched off: {row.switched_off}"
        return "failing" if row.failing_since else "working"

    def lag(self, row: Any) -> str:
        return f"{row.behind:,} events"

    @admin.display(description="types")
    def of_types(self, row: Endpoint) -> str:
        return ", ".join(row.types) or "all"

    @admin.display(description="last deliveries")
    def last_deliveries(self, row: Endpoint) -> SafeString:
        found = queries.deliveries(row.id, after=None, limit=LAST, descending=True)
        told = (
            (row_link("webhooks_delivery", each.id, timestamp(each.at)), event_link(each.position),
             each.attempt, _answer(each), f"{each.duration_ms} ms")
            for each in found
        )  # fmt: skip
        listed = table(told, "When", "Event", "Attempt", "Answer", "Took")
        more = reverse("admin:webhooks_delivery_changelist")
        return format_html("{}{}", listed, link(f"{more}?q={row.id}", "All deliveries"))

    # --- what staff do -------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        made = []
        for action in ACTIONS:
            view = require_http_methods(["GET", "HEAD", "POST"])(partial(self.act, action=action))
            name = f"webhooks_endpoint_{action}"
            address = f"<uuid:key>/{action}/"
            made.append(path(address, self.admin_site.admin_view(view), name=name))
        return [*made, *super().get_urls()]

    def act(self, request: HttpRequest, *, key: Any, action: str) -> HttpResponse:
        """Ask whether it shall be done, and do it."""
        if not _may_operate(request):
            raise PermissionDenied
        row = queries.one(key)
        if row is None:
            raise Http404
        if request.method != "POST":
            about = {"title": ACTIONS[action], "row": row, "action": action, "opts": self.opts}
            context = {**self.admin_site.each_context(request), **about, "head": latest_position()}
            return render(request, "admin/act_on_endpoint.html", context)
        said = _done(row, action, request)
        if said:
            self.log_change(request, row, said)
            messages.success(request, said)
        else:
            messages.error(request, f"The log ends at position {latest_position()}.")
        return HttpResponseRedirect(reverse("admin:webhooks_endpoint_change", args=[key]))


@admin.register(Delivery)
class DeliveryWindow(ForOperators):
    """Attempts to send events, the newest first."""

    key = "id"
    list_display = ("at_", "to", "of_event", "type", "attempt", "answer", "took")
    search_fields = ("endpoint",)
    search_help_text = "An endpoint's id"
    fields = (*list_display, "event", "error")

    def search(self, rows: QuerySet[Delivery], term: str) -> QuerySet[Delivery]:
        return self.among(rows, "endpoint", id_) if (id_ := uuid(term)) else rows.none()

    def time_of(self, row: Delivery) -> datetime:
        return row.at

    @admin.display(description="when")
    def at_(self, row: Delivery) -> str:
        return timestamp(row.at)

    @admin.display(description="endpoint")
    def to(self, row: Delivery) -> SafeString:
        return row_link("webhooks_endpoint", row.endpoint)

    @admin.display(description="position")
    def of_event(self, row: Delivery) -> SafeString:
        return event_link(row.position)

    def answer(self, row: Delivery) -> str:
        return _answer(row)

    def took(self, row: Delivery) -> str:
        return f"{row.duration_ms} ms"


def _answer(delivery: Delivery) -> str:
    """The status, and what went wrong beside it."""
    return " ".join(str(each) for each in (delivery.status, delivery.error) if each)


def _done(row: Endpoint, action: str, request: HttpRequest) -> str:
    """Do what was asked for; a sentence that says so, empty where the log is not as long."""
    if action == "replay":
        asked = request.POST.get("after", "")
        after = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else -1
        if not 0 <= after <= latest_position():
            return ""
        endpoints.replay(row.id, after)
        return f"It is sent everything after position {after}."
    by = request.user.get_username()
    endpoints.change(row.id, by=by, active=action == "on")
    return f"It is switched {action}."


def _may_operate(request: HttpRequest) -> bool:
    principal = getattr(request, "principal", None)
    return bool(principal and principal.may("operate"))
