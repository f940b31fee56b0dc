"""The page that says how a request is answered: docs/answering.md, for everybody to read."""

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

from config.domains import ROOT

TEXT = ROOT / "docs" / "answering.md"
DRAWINGS = ROOT / "docs" / "roads"

SIDEWAYS = 'class="sideways" role="group" tabindex="0"'
"""What is wider than its screen is moved sideways, also by keyboard."""


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """How an event-sourced system answers synchronously."""
    return render(request, "answering.html", {"text": _text()})


@cache
def _text() -> str:
    """The text as HTML of ours: the drawings come from the static files."""
    text = MarkdownIt("commonmark").enable("table").render(TEXT.read_text(encoding="utf-8"))
    ours = {
        "<p><img": f'<p {SIDEWAYS} aria-label="Drawing"><img',
        'src="roads/': f'src="{static("roads/")}',
        "<table>": f'<div {SIDEWAYS} aria-label="Table"><table>',
        "</table>": "</table></div>",
        "<pre>": f'<pre {SIDEWAYS} aria-label="Example">',
    }
    for plain, better in ours.items():
        text = text.replace(plain, better)
    return str(text)
