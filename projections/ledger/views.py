"""Pages that show; they change nothing."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projections.engine.reading import snapshot
from projections.ledger import queries
from projections.ledger.models import Balance, Entry, Transfer

PAGE = 50


def _viewer(request: HttpRequest) -> queries.Viewer:
    viewer: queries.Viewer = request.principal  # type: ignore[attr-defined]
    return viewer


@require_safe
@login_required
def accounts(request: HttpRequest) -> HttpResponse:
    """The accounts one may see, by code."""
    after = request.GET.get("after", "").replace("\0", "")
    with snapshot(Balance) as position:
        found = queries.accounts(_viewer(request), after=after, limit=PAGE + 1)
    context = {
        "accounts": found[:PAGE],
        "after": after,
        "next": found[PAGE - 1].account if len(found) > PAGE else None,
        "position": position,
    }
    return render(request, "ledger/accounts.html", context)


@require_safe
@login_required
def account(request: HttpRequest, code: str) -> HttpResponse:
    """One account with its entries, newest first."""
    text = request.GET.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    with snapshot(Balance, Entry, Transfer) as position:
        found = queries.account(_viewer(request), code)
        if found is None:
            raise Http404
        lines = queries.entries(found, after=after, limit=PAGE + 1, descending=True)
    context = {
        "account": found,
        "entries": lines[:PAGE],
        "after": after,
        "next": lines[PAGE - 1].position if len(lines) > PAGE else None,
        "position": position,
    }
    return render(request, "ledger/account.html", context)
