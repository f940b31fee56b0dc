"""Texts of docs/ as pages of the product, for everybody to read."""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

from commands.engine.spoken import spoken
from config.domains import ROOT
from config.refusals import problems

DOCS = ROOT / "docs"
MARKDOWN = MarkdownIt("commonmark").enable("table")
PAGES: Mapping[str, str] = {
    "api.md": "how-to-use-the-api",
    "answering.md": "how-it-answers",
    "ledger.md": "how-the-ledger-works",
    "refusals.md": "problems",
}
"""The texts that are pages, and the names of these."""

SIDEWAYS = 'class="sideways" role="group" tabindex="0"'
"""What is wider than its screen is moved sideways, also by keyboard."""


PICTURE = r'<p [^>]*><img src="pictures/[^>]*></p>\n?'
"""A picture of the product is for who reads the text elsewhere, and no file of the pages."""


@require_safe
def how_to_use_the_api(request: HttpRequest) -> HttpResponse:
    """The way in for programs, with examples."""
    page = {"title": _("How to use the API"), "text": html("api.md")}
    return render(request, "essay.html", page)


@require_safe
def how_the_ledger_works(request: HttpRequest) -> HttpResponse:
    """The rules of the ledger, with examples."""
    page = {"title": _("How the ledger works"), "text": html("ledger.md")}
    return render(request, "essay.html", page)


@require_safe
def all_problems(request: HttpRequest) -> HttpResponse:
    """Every code that the API refuses with; each leads to its own page."""
    text = re.sub(
        r"<td><code>([a-z-]+)</code></td>",
        lambda found: (
            f'<td><a href="{reverse("problem", args=found.groups())}">{found[1]}</a></td>'
            if found[1] in problems()
            else found[0]
        ),
        html("refusals.md"),
    )
    return render(request, "essay.html", {"title": _("What is refused"), "text": text})


@require_safe
def one_problem(request: HttpRequest, code: str) -> HttpResponse:
    """What a problem's `type` leads to: what it means, and what to do."""
    if code not in problems():
        raise Http404
    problem = problems()[code]
    context = {
        "problem": problem,
        "says": spoken(problem.says),
        "then": MARKDOWN.renderInline(spoken(problem.then)),
        "facts": _listed(problem.facts),
        "commands": _listed(problem.commands),
    }
    return render(request, "problem.html", context)


def _listed(names: Iterable[str]) -> SafeString:
    return format_html_join(", ", "<code>{}</code>", ((each,) for each in names))


@cache
def html(name: str) -> str:
    """A text as HTML of ours: drawings are static files, other texts are pages or just words."""
    text = str(MARKDOWN.render((DOCS / name).read_text(encoding="utf-8")))
    ours = {
        "<p><img": f'<p {SIDEWAYS} aria-label="Drawing"><img',
        'src="roads/': f'src="{static("roads/")}',
        "<table>": f'<div {SIDEWAYS} aria-label="Table"><table>',
        "</table>": "</table></div>",
        "<pre>": f'<pre {SIDEWAYS} aria-label="Example">',
    }
    for plain, better in ours.items():
        text = text.replace(plain, better)
    text = re.sub(PICTURE, "", text)
    return re.sub(r'<a href="(?!\w+:|/|#)([^"]+)">(.*?)</a>', _link, text, flags=re.DOTALL)


def _link(found: re.Match[str]) -> str:
    page = PAGES.get(found[1])
    return f'<a href="{reverse(page)}">{found[2]}</a>' if page else found[2]
