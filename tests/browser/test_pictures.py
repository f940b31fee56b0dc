"""The pictures of docs/, taken of the demo ledger: `make pictures` takes them anew."""

import re
from urllib.parse import quote

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from playwright.sync_api import expect

from commands.engine.models import Request
from config.demo import OWNED
from eventstore.store import read_stream
from tests import tree
from tests.browser.conftest import log_in, picture, with_password
from tests.examples.factories import user
from tests.examples.following import follow
from tests.examples.people import SAM
from tests.examples.queueing import accept, work
from tests.examples.reacting import follow_all

FOLDER = tree.ROOT / "docs" / "pictures"
MOST = 150_000
"""Bytes of a picture that is kept with the documents."""
SCREEN = {"width": 1100, "height": 760}
ADA, MAX = "customers:ada", "customers:max"
TOO_MUCH = {"from": MAX, "to": "shop:sales", "amount": "100", "description": "With a lost card"}


@pytest.mark.django_db(transaction=True)
def test_every_picture_can_be_taken(served, opened):
    with_password(SAM)
    call_command("demo", owner="sam")
    sam = user(SAM)
    sam.is_staff = True
    sam.save()
    sam.groups.add(*Group.objects.all())
    refused = accept("post_transfer", TOO_MUCH, by=SAM)
    work()
    follow_all()
    follow()
    page = opened(viewport=SCREEN)
    log_in(page, f"{served.url}/login", "sam")
    for name, path in paths(refused).items():
        page.goto(served.url + path)
        page.get_by_role("heading").first.wait_for()
        if name == "browser-home":
            expect(page.locator("li.card:has(svg.spark)")).to_have_count(len(OWNED))
        picture(page, f"docs/{name}", full_page=False)


def paths(refused):
    """Where each picture is taken."""
    filled_in = "&".join(f"{name}={quote(text)}" for name, text in TOO_MUCH.items())
    sold = [each for each in read_stream(f"account-{ADA}") if each.type.endswith("debited")][-1]
    assert Request.objects.get(id=refused.request).status == "refused"
    return {
        "browser-request": f"/requests/{refused.request}",  # It is seen then, and told no more.
        "browser-home": "/",
        "browser-account": f"/accounts/{ADA}",
        "browser-why": f"/accounts/{ADA}/why",
        "browser-transfer": f"/transfers/new?{filled_in.replace(MAX, ADA)}",
        "api-reference": "/api/v1/docs/",
        "staff-event": f"/admin/eventstore/event/{sold.position}/change/",
        "staff-request": f"/admin/commands/request/{refused.request}/change/",
    }


def test_what_documents_show_is_there_and_all_that_is_there_is_shown():
    shown = set()
    for file in [tree.ROOT / "README.md", *(tree.ROOT / "docs").glob("*.md")]:
        for path in re.findall(r"!\[[^\]]+\]\(([^)]+\.png)\)", file.read_text(encoding="utf-8")):
            shown.add((file.parent / path).resolve())
    kept = {each.resolve() for each in FOLDER.glob("*.png")}
    assert shown == kept
    assert {each.name: each.stat().st_size for each in kept if each.stat().st_size > MOST} == {}
