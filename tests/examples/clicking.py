"""Somebody with all rights, who clicks through a ledger with something of everything."""

import re
from collections import Counter
from html import unescape

from django.contrib.auth.models import Group
from django.core.management import call_command
from django.urls import resolve

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
from tests.integration.admin.windows import staff

SOME = 12
"""How many pages of a kind are opened."""
LINK = re.compile(r'<(?:a|form)[^>]+(?:href|action)="(/[^"#]*)"')


def demo_ledger():
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


def clicked(client, clicks):
    """Each address that is at most so many clicks away, with its HTML where it was opened."""
    opened, seen, at = Counter(), {"/"}, ["/"]
    for _ in range(clicks + 1):
        following = []
        for path in at:
            found = resolve(path.partition("?")[0])
            is_opened = opened[found.url_name] < SOME and found.app_name != "admin"
            html = shown(client, path) if is_opened else ""
            opened[found.url_name] += is_opened
            yield path, html
            following += map(unescape, LINK.findall(html))
        at = [each for each in dict.fromkeys(following) if each not in seen]
        seen.update(at)


def shown(client, path):
    """A page's HTML; empty where there is none."""
    answer = client.get(path)
    if answer.status_code != 200 or "html" not in answer.headers["Content-Type"]:
        return ""
    return (b"".join(answer) if answer.streaming else answer.content).decode()
