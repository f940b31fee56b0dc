"""The window on projections: how each is kept, how far it is, and what stopped it."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from eventstore.cells import event_link, table
from eventstore.listeners.status import Status
from eventstore.listeners.steering import NotPossible, interventions
from eventstore.store import timestamp
from eventstore.window import Window
from projections.engine.models import ProjectionState
from projections.engine.operating import ACTIONS, intervene
from projections.engine.projector import Projection, projections
from projections.engine.status import statuses

POSSIBLE = {"running": ("pause",), "paused": ("resume",), "stopped": ("retry", "skip", "pause")}
"""What can be done to an eventual projection, by its state."""
TOLD = 20
"""So many interventions are shown, the last ones."""


@admin.register(ProjectionState)
class ProjectionWindow(Window):
    """Every projection of the code, with what the database knows of it."""

    key, descending = "name", False
    change_form_template = "admin/projection.html"
    list_display = ("name", "state", "lag", "kept", "built_by", "generation")
    fields = (
        *(*list_display, "position", "stopped_before", "error", "left_out"),
        *("interventions", "what_to_do"),
    )

    def read(self, rows: QuerySet[Any], limit: int) -> list[Any]:
        known = rows.in_bulk()
        return [known.get(each.name) or _unknown(each) for each in projections()]

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        found = [each for each in self.read(self.get_queryset(request), 0) if each.pk == object_id]
        self.prepare(found)
        return found[0] if found else None

    def prepare(self, rows: list[Any]) -> None:
        by_name = {each.name: each for each in projections()}
        status = {each.name: each for each in statuses()}
        for row in rows:
            row.projection, row.status = by_name[row.name], status[row.name]

    def state(self, row: Any) -> str:
        status: Status = row.status
        if status.state == "outdated":
            return "built by other code"
        if status.state == "running":
            return "following" if status.lag_events else "as far as the log"
        return status.state

    def lag(self, row: Any) -> str:
        status: Status = row.status
        if not status.lag_events:
            return "0 events"
        return f"{status.lag_events:,} events, {status.lag_seconds:,.0f} s"

    def kept(self, row: Any) -> str:
        return "with the events" if row.projection.immediate else "by the worker"

    @admin.display(description="built by version")
    def built_by(self, row: Any) -> str:
        return f"{row.version}; the code is {row.projection.version}"

    def position(self, row: Any) -> int:
        return int(row.status.position)

    @admin.display(description="stopped before")
    def stopped_before(self, row: Any) -> SafeString | str:
        return "—" if row.stopped_at is None else event_link(row.stopped_at)

    @admin.display(description="events left out")
    def left_out(self, row: Any) -> SafeString | str:
        found = [(event_link(position),) for position in row.status.skipped]
        return table(found, "Position") if found else "—"

    def interventions(self, row: Any) -> SafeString | str:
        found = interventions(row.name, TOLD)
        users = get_user_model().objects.in_bulk({each.by for each in found})
        told = [
            (timestamp(each.at), users.get(each.by, each.by), each.action,
             "—" if each.position is None else event_link(each.position), each.reason)
            for each in found
        ]  # fmt: skip
        return table(told, "When", "Who", "What", "Position", "Why") if told else "—"

    def what_to_do(self, row: Any) -> SafeString | str:
        state = self.state(row)
        # No worker can be told to retry what is kept with the events.
        if state == "built by other code" or (state == "stopped" and row.projection.immediate):
            return format_html("<code>manage.py rebuild_projections {}</code>", row.name)
        match state:
            case "stopped":
                return "Mend what is wrong and retry, or skip the event; the reason is kept."
            case "paused":
                return "Resume it when what it was paused for is over."
        return "Nothing."

    # --- interventions -------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        made = []
        for action in ACTIONS:
            view = require_http_methods(["GET", "HEAD", "POST"])(partial(self.act, action=action))
            name = f"projections_projectionstate_{action}"
            address = f"<str:key>/{action}/"
            made.append(path(address, self.admin_site.admin_view(view), name=name))
        return [*made, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        found = self.get_object(request, object_id)
        tools = _possible(found) if found and _may_operate(request) else []
        more = {"tools": tools, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, more)

    def act(self, request: HttpRequest, *, key: str, action: str) -> HttpResponse:
        """Ask for the reason, and do it."""
        if not _may_operate(request):
            raise PermissionDenied
        row = self.get_object(request, key)
        if row is None:
            raise Http404
        if request.method != "POST":
            about = {"title": action.capitalize(), "row": row, "action": action, "opts": self.opts}
            context = {**self.admin_site.each_context(request), **about}
            return render(request, "admin/intervene.html", context)
        position, reason = request.POST.get("position", ""), request.POST.get("reason", "")
        by = request.principal.user  # type: ignore[attr-defined]
        try:
            intervene(
                row.projection, action, by=by, reason=reason,
                position=int(position) if position.isascii() and position.isdigit() else None,
            )  # fmt: skip
        except NotPossible as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, row, f"{action.capitalize()}: {reason.strip()}")
            messages.success(request, f"Done: {action} {row.name}.")
        address = reverse("admin:projections_projectionstate_change", args=[row.name])
        return HttpResponseRedirect(address)


def _possible(row: Any) -> tuple[str, ...]:
    return () if row.projection.immediate else POSSIBLE.get(row.status.state, ())


def _may_operate(request: HttpRequest) -> bool:
    return bool(request.principal.may("operate"))  # type: ignore[attr-defined]


def _unknown(of: Projection) -> ProjectionState:
    """What stands for the row of a projection that was never rebuilt and never stopped."""
    return ProjectionState(name=of.name, version=of.version)
