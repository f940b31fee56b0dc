"""The page on which an account is held against a statement that is uploaded; nothing is kept."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from eventstore.http import BadRequest, day, integer
from projections.engine.reading import snapshot
from projections.ledger import foreign, queries, reconciling
from projections.ledger.foreign import Unreadable
from projections.ledger.models import Balance, Entry, Hold, Transfer
from projections.ledger.reconciling import Reconciliation

MOST_BYTES = 2 * 1024 * 1024
SHOWN = 500
"""Of each kind, the page shows so many lines."""
FIELDS = ("since", "until", "days")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def reconcile(request: HttpRequest, code: str) -> HttpResponse:
    """The form and, once a file was sent, what came of it."""
    viewer: queries.Viewer = request.principal  # type: ignore[attr-defined]
    texts = {name: request.POST.get(name, "").strip() for name in FIELDS}
    context: dict[str, Any] = {"texts": texts, "near_days": reconciling.NEAR}
    context |= {"shown": SHOWN, "slice": f":{SHOWN}"}
    with snapshot(Balance, Entry, Hold, Transfer) as position:
        of = queries.account(viewer, code)
        if of is None:
            raise Http404
        context |= {"account": of, "position": position}
        if request.method == "POST":
            try:
                context["found"] = _found(request, of, texts)
            except BadRequest as error:
                context["wrong"] = [f"{_(name)}: {_(said)}" for name, said in error.errors]
            except Unreadable as error:
                context["wrong"] = [_(said) for said in error.sentences]
    status = 400 if context.get("wrong") else 200
    return render(request, "ledger/reconcile.html", context, status=status)


def _found(request: HttpRequest, of: Balance, texts: dict[str, str]) -> Reconciliation:
    given = {name: text for name, text in texts.items() if text}
    asked = {"since": day(given, "since"), "until": day(given, "until")}
    days = integer(given, "days", reconciling.NEAR, least=0, most=reconciling.MOST_DAYS)
    upload = request.FILES.get("file")
    if upload is None:
        raise Unreadable(_("Choose a file."))
    if (upload.size or 0) > MOST_BYTES:
        raise Unreadable(_("The file is larger than 2 MiB; split it by dates."))
    lines = foreign.read(upload.read(), of.exponent)
    return reconciling.reconcile(of, lines, days=days, **asked)
