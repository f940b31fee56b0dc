"""The page of what happened, newest first."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from projections.engine.reading import snapshot
from projections.engine.waiting import position_of
from projections.ledger import activity, queries
from projections.ledger.activity_projector import KINDS
from projections.ledger.activity_projector import activity as projection
from projections.ledger.models import Activity, Balance, Hold, Transfer
from projections.ledger.wanted import number, same_but, text, wanted

PAGE = 50


@require_safe
@login_required
def feed(request: HttpRequest) -> HttpResponse:
    """What happened to one's own accounts; for staff, to all; or what of it is looked for."""
    viewer: queries.Viewer = request.principal  # type: ignore[attr-defined]
    asked, account, kind = wanted(request), text(request, "account"), text(request, "kind")
    sought = activity.Wanted(
        account=account,
        kind=kind if kind in KINDS else "",
        since=asked.since,
        until=asked.until,
    )
    after = number(request, "after")
    with snapshot(Activity, Balance, Hold, Transfer) as head:
        position = min(position_of(projection, 0, head), head)
        found = activity.feed(viewer, sought, upto=position, after=after, limit=PAGE + 1)
    more = len(found) > PAGE
    context = {
        "activity": found[:PAGE],
        "sought": sought,
        "any": sought != activity.ALL,
        "kinds": [(each, _(each.replace("_", " "))) for each in KINDS],
        "wrong": asked.wrong,
        "after": after,
        "next": same_but(request, after=str(found[PAGE - 1].of.position)) if more else "",
        "first": same_but(request, after=""),
        "position": position,
        "behind": position < head,
    }
    return render(request, "ledger/activity.html", context)
