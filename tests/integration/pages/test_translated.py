"""Every text of every page is read from a catalog: nothing else than data stays untranslated."""

import re
from html.parser import HTMLParser

import pytest
from django.utils.translation import _trans, activate

from commands.access.models import User
from commands.engine.models import Request
from config.refusals import problems
from eventstore.models import Event
from tests.examples.clicking import clicked, demo_ledger

pytestmark = pytest.mark.django_db

SAID = ("alt", "title", "placeholder", "aria-label", "aria-description", "data-label", "label")
NOT_READ = {"script", "style", "code", "pre", "kbd", "time"}
INLINE = {"a", "b", "strong", "em", "span", "code", "time"}
NAMES = {"Daybook", "UTC", "CSV", "JSON", "API", "ms", "English", "Deutsch", "Excel"}
"""Words that are the same in every language."""
IN_ENGLISH = {"/how-the-ledger-works", "/how-to-use-the-api", "/how-it-answers", "/problems/"}
"""Essays, which are documents of docs/."""
WORD = re.compile(r"[^\W\d_]{2,}")


class Texts(HTMLParser):
    """What a page says to who looks at it or hears it."""

    def __init__(self, html):
        super().__init__()
        self.read, self.heard, self._within = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.heard += [given[name] for name in SAID if given.get(name)]
        if tag not in {"input", "img", "br", "wbr", "meta", "link", "hr", "source", "col"}:
            quiet = "translate" in given or "code" in (given.get("class") or "").split()
            self._within.append(tag in NOT_READ or quiet)

    def handle_endtag(self, tag):
        if self._within:
            self._within.pop()
            self.read.append("" if tag in INLINE else " ")

    def handle_data(self, data):
        if not any(self._within):
            self.read.append(data)


@pytest.fixture
def marked(monkeypatch):
    """Each text of a catalog in brackets, as a translation would stand there."""
    # The first use puts the real functions in their place.
    activate("en")
    problems()  # What is remembered for the whole process is not to have the marks.
    for name in ("gettext", "pgettext", "ngettext", "npgettext"):
        real = getattr(_trans, name)
        monkeypatch.setattr(_trans, name, lambda *given, real=real: f"⟦{real(*given)}⟧")


def unmarked(html):
    """The words of a page that came from no catalog; a text of one may go over several tags."""
    page = Texts(html)
    for text in ("".join(page.read), *page.heard):
        bare = text
        while (less := re.sub(r"⟦[^⟦⟧]*⟧", " ", bare)) != bare:
            bare = less
        yield from WORD.findall(bare)


def data():
    """All words that people wrote: names, codes, descriptions."""
    kept = [*Event.objects.values_list("data"), *Request.objects.values_list("payload")]
    return {word for text in map(str, kept) for word in WORD.findall(text)}


def test_no_page_says_a_word_that_is_in_no_catalog(marked):
    client = demo_ledger()
    known = NAMES | data() | set(User.objects.values_list("username", flat=True))
    left = {}
    for path, html in clicked(client, 3):
        if html and path not in IN_ENGLISH:
            code = set(WORD.findall(path)) if path.startswith("/problems/") else set()
            if words := set(unmarked(html)) - known - code:
                left[path] = words
    assert not left
