"""The page of the book's periods: what is closed, and how that came about."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from eventstore.events.ledger import BOOK, BooksReopened
from eventstore.records import Recorded
from eventstore.registry import load
from eventstore.store import read_stream
from projections.engine.reading import snapshot
from projections.ledger import queries
from projections.ledger.models import Book
from projections.ledger.wanted import number

PAGE = 50


@require_safe
@login_required
def books(request: HttpRequest) -> HttpResponse:
    """What is closed; for staff, each closing with its reason and who asked for it."""
    viewer: queries.Viewer = request.principal  # type: ignore[attr-defined]
    before, staff = number(request, "before"), viewer.may("view") or viewer.may("close")
    bounds = {"upto": before - 1} if before else {}
    with snapshot(Book) as position:
        found = Book.objects.first()
        events = read_stream(BOOK, backward=True, limit=PAGE + 1, **bounds) if staff else []
    context = {
        "book": found,
        "zone": settings.DAYBOOK_BOOK_TIME_ZONE,
        "staff": staff,
        "may_close": viewer.may("close"),
        "closings": _closings(events[:PAGE]),
        "after": before,
        "next": f"before={events[PAGE - 1].version}" if len(events) > PAGE else "",
        "position": position,
    }
    return render(request, "ledger/books.html", context)


def _closings(events: list[Recorded]) -> list[dict[str, Any]]:
    """What each event of the book did, and who asked for it, by name where they still have one."""
    ids = {UUID(actor) for each in events if (actor := each.metadata.get("actor"))}
    names = get_user_model().objects.filter(pk__in=ids).values_list("pk", "username") if ids else ()
    known = {str(id_): name for id_, name in names}
    return [
        {
            "recorded_at": each.recorded_at,
            "opens": isinstance(event, BooksReopened),
            "through": event.through,
            "reason": event.reason,
            "by": known.get(actor := str(each.metadata.get("actor", "")), actor),
        }
        for each in events
        for event in (load(each),)
    ]
