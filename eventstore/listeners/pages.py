"""The page of everybody who follows the log: how each stands, and what that means."""

from typing import Any

from django.contrib.admin.utils import quote
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from eventstore.listeners.api import shown
from eventstore.listeners.status import Status
from eventstore.listeners.status import subscriptions as all_of_them
from eventstore.localized import counted
from eventstore.reading import latest_position

KINDS = {"eventual": "read table"}
"""Kinds whose name says little to who reads the page."""

MEANINGS = {
    "running": gettext_lazy("It has handled all events there are."),
    "behind": gettext_lazy(
        "It has events before it and is on its way. If they become no fewer, see whether a "
        "worker runs."
    ),
    "paused": gettext_lazy(
        "Staff have told it to wait. When it is resumed it goes on where it was."
    ),
    "stopped": gettext_lazy(
        "There is an event that it cannot handle: it goes on when staff retry or skip that. "
        "Or it is an endpoint that is switched off, by staff or since it has failed for days: it "
        "goes on when staff switch it on. All others go on meanwhile."
    ),
    "outdated": gettext_lazy(
        "Its table was made by other code, or of events that the log has lost. It is made "
        "anew with manage.py rebuild_projections."
    ),
}
"""Every state there is; one that runs and has events before it is behind."""


@require_safe
@login_required
def subscriptions(request: HttpRequest) -> HttpResponse:
    """For those who may view the ledger; who operates finds the way to what can be done."""
    principal = request.principal  # type: ignore[attr-defined]
    if not principal.may("view"):
        raise PermissionDenied
    steers = principal.may("operate") and request.user.is_staff
    rows = [_row(each, steers) for each in all_of_them()]
    context = {"rows": rows, "meanings": MEANINGS, "position": latest_position()}
    return render(request, "listeners/subscriptions.html", context)


def _row(of: Status, steers: bool) -> dict[str, Any]:
    """What the API tells of it, its state in a word, and where staff steer it."""
    told = shown(of) | {"kind": KINDS.get(of.kind, of.kind)}
    if of.state == "running" and of.lag_events:
        told["state"] = "behind"
    address = reverse(f"admin:{of.window}_change", args=[quote(of.name)]) if steers else ""
    return {**told, "lag": _lag(of), "address": address}


def _lag(of: Status) -> str:
    """How far it is behind, in words."""
    if not of.lag_events:
        return _("0 events")
    said = ngettext("{count} event, {seconds} s", "{count} events, {seconds} s", of.lag_events)
    return said.format(count=counted(of.lag_events), seconds=counted(round(of.lag_seconds)))
