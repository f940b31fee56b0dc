"""Pages of standing orders: what is posted from date to date, and what came of it."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from eventstore.store import read_at
from projections.engine.reading import snapshot
from projections.ledger import instructions, queries
from projections.ledger.instruction_models import StandingOrder
from projections.ledger.models import Balance
from projections.ledger.wanted import number, text

PAGE = 50


@require_safe
@login_required
def standing_orders(request: HttpRequest) -> HttpResponse:
    """The standing orders of the accounts one may see, newest first."""
    viewer: queries.Viewer = request.principal  # type: ignore[attr-defined]
    account, status, after = (
        text(request, "account"),
        text(request, "status"),
        number(request, "after"),
    )
    with snapshot(Balance, StandingOrder) as position:
        found = instructions.orders(
            viewer, account=account, status=status, after=after, limit=PAGE + 1, descending=True
        )
        payers = queries.among(viewer, {row.account for row in found})
    asked = {name: value for name, value in (("account", account), ("status", status)) if value}
    further = len(found) > PAGE
    context = {
        "orders": [(row, payers[row.account][0]) for row in found[:PAGE]],
        "account": account,
        "status": status,
        "statuses": instructions.STATUSES,
        "after": after,
        "next": urlencode({**asked, "after": found[PAGE - 1].placed}) if further else "",
        "first": urlencode(asked),
        "position": position,
    }
    return render(request, "ledger/standing_orders.html", context)


@require_safe
@login_required
def standing_order(request: HttpRequest, id: UUID) -> HttpResponse:
    """One standing order."""
    viewer: queries.Viewer = request.principal  # type: ignore[attr-defined]
    with snapshot(Balance, StandingOrder) as position:
        found = instructions.order(viewer, id)
        if found is None:
            raise Http404
        parties = queries.among(viewer, {found.account, found.payee})
    payer, _ = parties[found.account]
    context = {
        "order": found,
        "payer": payer,
        "payee": parties[found.payee][0],
        "seen_payee": parties[found.payee][1],
        "may_cancel": viewer.may("operate") or payer.owner == viewer.user,
        "placed": read_at([found.placed])[0],
        "last": read_at([found.position])[0],
        "position": position,
    }
    return render(request, "ledger/standing_order.html", context)
