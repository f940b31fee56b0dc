"""Windows on those who follow the log: how each stands, and what staff may do with it."""

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from eventstore.cells import event_link, number, table
from eventstore.listeners.status import Status
from eventstore.listeners.steering import NotPossible, interventions
from eventstore.records import timestamp
from eventstore.window import Window

TOLD = 20
"""So many interventions are shown, the last ones."""


class SteeringWindow(Window):
    """Followers of the log, each a row with its `status`.

    `possible` is what can be done, by state, and `effects` say what each of that would do. A button
    is named after what it does unless `labels` has another name for it.
    """

    key, descending = "name", False
    change_form_template = "admin/row_with_tools.html"
    possible: ClassVar[Mapping[str, tuple[str, ...]]]
    effects: ClassVar[Mapping[str, str]]
    labels: ClassVar[Mapping[str, str]] = {}

    def intervene(self, row: Any, action: str, **about: Any) -> None:
        """Do it, or say why it is not possible."""
        raise NotImplementedError

    def told(self, row: Any, action: str) -> str:
        """That it is done, in a sentence."""
        return f"Done: {action} {row.name}."

    def tools(self, row: Any) -> tuple[str, ...]:
        """What can be done to it now."""
        return self.possible.get(row.status.state, ())

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        found = [each for each in self.read(self.get_queryset(request), 0) if each.pk == object_id]
        self.prepare(found)
        return found[0] if found else None

    def held(self, row: Any) -> tuple[int | None, str]:
        """Which event is to be tried again or skipped, and why it could not be done."""
        return row.status.stopped_before, row.status.error

    # --- cells ---------------------------------------------------------------------------------

    def state(self, row: Any) -> str:
        status: Status = row.status
        if status.state == "outdated":
            return "built by other code"
        if status.state == "running":
            return "following" if status.lag_events else "as far as the log"
        return status.state

    def lag(self, row: Any) -> str:
        return str(row.status.lag)

    def position(self, row: Any) -> int:
        return int(row.status.position)

    @admin.display(description="stopped before")
    def stopped_before(self, row: Any) -> SafeString | str:
        at = row.status.stopped_before
        return "—" if at is None else event_link(at)

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
        match row.status.state:
            case "stopped":
                return "Mend what is wrong and retry, or skip the event; the reason is kept."
            case "paused":
                return "Resume it when what it was paused for is over."
        return "Nothing."

    # --- interventions -------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        made = []
        for action in self.effects:
            view = require_http_methods(["GET", "HEAD", "POST"])(partial(self.act, action=action))
            address = f"<str:key>/{action}/"
            made.append(path(address, self.admin_site.admin_view(view), name=self._name(action)))
        return [*made, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        found = self.get_object(request, unquote(object_id))
        actions = self.tools(found) if found and _may_operate(request) else ()
        tools = [(self._label(each), self._address(each, found)) for each in actions]
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
            about = {"title": self._label(action), "row": row, "action": action, "opts": self.opts}
            context = {**self.admin_site.each_context(request), **about}
            context["effect"] = self.effects[action].format(row.name)
            context["held_at"], context["why"] = self.held(row)
            return render(request, "admin/intervene.html", context)
        position, reason = request.POST.get("position", ""), request.POST.get("reason", "")
        by = request.principal.user  # type: ignore[attr-defined]
        try:
            self.intervene(row, action, by=by, reason=reason, position=number(position))
        except NotPossible as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, row, f"{self._label(action)}: {reason.strip()}")
            messages.success(request, self.told(row, action))
        return HttpResponseRedirect(self._address("change", row))

    def _address(self, action: str, row: Any) -> str:
        return reverse(f"admin:{self._name(action)}", args=[row.pk])

    def _label(self, action: str) -> str:
        return self.labels.get(action, action.capitalize())

    def _name(self, action: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{action}"


def _may_operate(request: HttpRequest) -> bool:
    return bool(request.principal.may("operate"))  # type: ignore[attr-defined]
