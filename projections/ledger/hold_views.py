"""Pages of holds: what is set aside, for whom, and what became of it."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from eventstore.store import read_at
from projections.engine.reading import snapshot
from projections.ledger import holding, queries
from projections.ledger.models import Balance, Hold, Transfer
from projections.ledger.wanted import number

PAGE = 50


@require_safe
@login_required
def holds(request: HttpRequest, code: str) -> HttpResponse:
    """The holds on an account, or for it as their payee, newest first."""
    viewer: queries.Viewer = request.principal  # type: ignore[attr-defined]
    incoming, after = "incoming" in request.GET, number(request, "after")
    with snapshot(Balance, Hold) as position:
        found = holding.holds(
            viewer, code, incoming=incoming, after=after, limit=PAGE + 1, descending=True
        )
        if found is None:
            raise Http404
        account, seen = queries.among(viewer, [code])[code]
    context = {
        "account": account,
        "seen": seen,
        "holds": found[:PAGE],
        "may_end": viewer.may("operate") or (incoming and account.owner == viewer.user),
        "incoming": incoming,
        "after": after,
        "next": _page(incoming, found[PAGE - 1].placed) if len(found) > PAGE else "",
        "first": _page(incoming),
        "position": position,
    }
    return render(request, "ledger/holds.html", context)


@require_safe
@login_required
def hold(request: HttpRequest, code: str, id: UUID) -> HttpResponse:
    """One hold with the transfers that captured of it."""
    viewer: queries.Viewer = request.principal  # type: ignore[attr-defined]
    with snapshot(Balance, Hold, Transfer) as position:
        found = holding.hold(viewer, code, id)
        if found is None:
            raise Http404
        parties = queries.among(viewer, {code, found.payee or code})
        captures = holding.captures(found)
    account, seen = parties[code]
    payee, seen_payee = parties.get(found.payee or "", (None, False))
    context = {
        "hold": found,
        "account": account,
        "seen": seen,
        "payee": payee,
        "seen_payee": seen_payee,
        "captures": captures,
        "captured": sum(amount for _, amount in captures),
        "may_end": viewer.may("operate") or (payee is not None and payee.owner == viewer.user),
        "placed": read_at([found.placed])[0],
        "ended": found.ended and read_at([found.ended])[0],
        "position": position,
    }
    return render(request, "ledger/hold.html", context)


def _page(incoming: bool, after: int = 0) -> str:
    return "&".join(["incoming=yes"] * incoming + [f"after={after}"] * bool(after))
