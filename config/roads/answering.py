"""The page that says how a request is answered: docs/answering.md, for everybody to read."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.essays import DOCS, html

TEXT = DOCS / "answering.md"
DRAWINGS = DOCS / "roads"


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """How an event-sourced system answers synchronously."""
    return render(request, "answering.html", {"text": html(TEXT.name)})
