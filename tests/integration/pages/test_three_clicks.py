"""Whatever there is can be reached by clicking, from the first page in three clicks or fewer."""

import re
from collections import Counter
from html import unescape

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.urls import get_resolver, resolve

from commands.access.models import Token
from commands.engine.models import Request
from commands.ledger.messages import CloseAccount
from tests.examples.asking import ask
from tests.examples.factories import user
from tests.examples.following import follow
from tests.examples.ledger import open_account
from tests.examples.people import SAM
from tests.examples.queueing import accept, upload_later, work
from tests.examples.reacting import follow_all
from tests.integration.access.test_matrix import flattened
from tests.integration.admin.windows import staff

pytestmark = pytest.mark.django_db

CLICKS, SOME = 3, 12
LINK = re.compile(r'<(?:a|form)[^>]+(?:href|action)="(/[^"#]*)"')
NOT_CLICKED = {
    "login": "where one begins",
    "corrections": "several rows of a list in the admin, by its action",
    "search-accounts": "asked by scripts as one types",
    "see-notification": "a button beside what is new",
    "healthz": "for whoever watches over it",
    "readyz": "for whoever watches over it",
    "metrics": "for whoever watches over it",
    "schema": "for programs; the reference links to it",
    "end-tour": "on the demo ledger, a button of the tour",
    "tour": "on the demo ledger, to begin it again",
}
"""Pages that nobody clicks for, and why."""


@pytest.fixture
def demo():
    """Sam with all rights, on the demo ledger with something of everything."""
    call_command("demo")
    ask(open_account("a:closed"))
    ask(CloseAccount(account="a:closed", reason="Left"))
    upload_later()
    refused = accept("post_transfer", {"from": "customers:max", "to": "shop:sales", "amount": "1"})
    work()
    accept("post_transfer", {"from": "outside:bank", "to": "shop:sales", "amount": "1"})
    follow_all()
    follow()
    assert Request.objects.get(id=refused.request).status == "refused"
    client = staff(SAM)
    sam = user(SAM)
    sam.groups.add(*Group.objects.all())
    Token.issue(sam)
    return client


def reached(client):
    """The names of all pages that are so many clicks away; of each kind some are opened."""
    names, opened, seen, at = set(), Counter(), {"/"}, ["/"]
    for _ in range(CLICKS + 1):
        following = []
        for path in at:
            found = resolve(path.partition("?")[0])
            names.add(found.url_name)
            if opened[found.url_name] >= SOME or found.app_name == "admin":
                continue
            opened[found.url_name] += 1
            answer = client.get(path)
            if answer.status_code == 200 and "html" in answer.headers["Content-Type"]:
                html = b"".join(answer) if answer.streaming else answer.content
                following += [unescape(link) for link in LINK.findall(html.decode())]
        at = [each for each in dict.fromkeys(following) if each not in seen]
        seen.update(at)
    return names


def pages():
    """The names of the product's own pages."""
    found = flattened(get_resolver().url_patterns)
    return {each.name for path, each in found if not path.startswith(("admin/", "api/"))}


def test_every_page_is_at_most_three_clicks_from_the_first(demo):
    missing = pages() - reached(demo) - NOT_CLICKED.keys()
    assert not missing, missing


def test_nothing_that_is_clicked_is_said_not_to_be(demo):
    unclicked = NOT_CLICKED.keys() - {"login", "schema", "end-tour", "see-notification"}
    assert reached(demo) & unclicked == set()
