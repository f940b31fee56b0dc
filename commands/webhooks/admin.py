"""Windows on webhooks: how far each endpoint is, what was sent to it, and what staff may do."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from commands.webhooks import endpoints, queries, signing
from commands.webhooks.endpoint_form import EndpointForm
from commands.webhooks.models import Delivery, Endpoint
from eventstore.cells import event_link, link, row_link, short_row_link, table, uuid
from eventstore.listed import id_column, time_column, when_column
from eventstore.records import timestamp
from eventstore.store import latest_position
from eventstore.window import Window

ACTIONS = {
    "off": "Switch off",
    "on": "Switch on",
    "replay": "Replay",
    "rotate": "New secret",
    "remove": "Delete",
}
LAST = 20
"""So many deliveries are shown with their endpoint, the last ones."""


class ForOperators(Window):
    """For those who operate: an address may itself be a secret."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_operate(request)


@admin.register(Endpoint)
class EndpointWindow(ForOperators):
    """Endpoints, the newest first. They are made and changed by what the API makes them by."""

    key = "id"
    change_form_template = "admin/endpoint.html"
    change_list_template = "admin/endpoints.html"
    id_, created = id_column(), time_column("created_at", "created")
    list_display = ("id_", "url", "state", "position", "lag", "attempts", "created")
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
        views: list[tuple[str, str, Callable[..., HttpResponse]]] = [
            *((f"<uuid:key>/{each}/", each, partial(self.act, action=each)) for each in ACTIONS),
            ("new/", "new", self.edit),
            ("<uuid:key>/edit/", "edit", self.edit),
        ]
        made = []
        for address, name, view in views:
            shown = self.admin_site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(view))
            made.append(path(address, shown, name=f"webhooks_endpoint_{name}"))
        return [*made, *super().get_urls()]

    def edit(self, request: HttpRequest, *, key: UUID | None = None) -> HttpResponse:
        """Ask what shall be sent where, and make the endpoint or change it."""
        if not _may_operate(request):
            raise PermissionDenied
        row = None if key is None else _endpoint(request, key)
        form = EndpointForm.of(row)
        if request.method == "POST":
            form = EndpointForm.sent(request.POST)
            if (body := form.load()) is not None:
                return (
                    self._made(request, body) if row is None else self._edited(request, row, body)
                )
        about = {"title": "Change" if row else "New endpoint", "row": row, "form": form}
        return self._page(request, "edit_endpoint", about, status=400 if form.wrong else 200)

    def _made(self, request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
        by = request.principal.user  # type: ignore[attr-defined]
        made = endpoints.create(body["url"], types=body["types"], prefix=body["prefix"], by=by)
        self.log_addition(request, made, "It is made.")
        return self._secret(request, made)

    def _edited(self, request: HttpRequest, row: Endpoint, body: dict[str, Any]) -> HttpResponse:
        if endpoints.change(row.id, by=request.user.get_username(), **body) is None:
            raise Http404
        self._tell(request, row, "It is changed.")
        return _back(row)

    def _secret(self, request: HttpRequest, row: Endpoint) -> HttpResponse:
        """The one page that shows a secret."""
        about = {"title": "Its secret", "row": row, "secret": signing.shown(bytes(row.secret))}
        return self._page(request, "endpoint_secret", about)

    def _tell(self, request: HttpRequest, row: Endpoint, said: str) -> None:
        self.log_change(request, row, said)
        messages.success(request, said)

    def _page(
        self, request: HttpRequest, template: str, about: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **about}
        return render(request, f"admin/{template}.html", context, status=status)

    def act(self, request: HttpRequest, *, key: UUID, action: str) -> HttpResponse:
        """Ask whether it shall be done, and do it."""
        row = _endpoint(request, key)
        if request.method != "POST":
            about = {"title": ACTIONS[action], "row": row, "action": action}
            return self._page(request, "act_on_endpoint", {**about, "head": latest_position()})
        if action == "rotate":
            return self._rotated(request, row)
        if action == "remove":
            endpoints.delete(key)
            self._tell(request, row, "It is deleted.")
            return HttpResponseRedirect(reverse("admin:webhooks_endpoint_changelist"))
        if said := _done(row, action, request):
            self._tell(request, row, said)
        else:
            messages.error(request, f"The log ends at position {latest_position()}.")
        return _back(row)

    def _rotated(self, request: HttpRequest, row: Endpoint) -> HttpResponse:
        fresh = endpoints.rotate(row.id)
        if fresh is None:
            raise Http404
        self.log_change(request, fresh, "It has a new secret.")
        return self._secret(request, fresh)


@admin.register(Delivery)
class DeliveryWindow(ForOperators):
    """Attempts to send events, the newest first."""

    key = "id"
    when = when_column
    list_display = ("when", "to_", "of_event", "type", "attempt", "answer", "took")
    search_fields = ("endpoint",)
    search_help_text = "An endpoint's id"
    fields = (*("at_", "to", "of_event", "type", "attempt", "answer", "took", "event", "error"),)

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

    @admin.display(description="endpoint")
    def to_(self, row: Delivery) -> SafeString:
        return short_row_link("webhooks_endpoint", row.endpoint)

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


def _back(row: Endpoint) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:webhooks_endpoint_change", args=[row.pk]))


def _endpoint(request: HttpRequest, key: UUID) -> Endpoint:
    """The endpoint, for those who operate."""
    if not _may_operate(request):
        raise PermissionDenied
    row = queries.one(key)
    if row is None:
        raise Http404
    return row


def _may_operate(request: HttpRequest) -> bool:
    principal = getattr(request, "principal", None)
    return bool(principal and principal.may("operate"))
