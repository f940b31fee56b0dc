"""The guide for staff leads to windows that are there, and names what stands on them."""

import io
import re
from datetime import date

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from commands.access.models import Token
from commands.access.people import principal_of
from commands.engine.models import Request
from commands.ledger.instruction_messages import PlaceStandingOrder
from commands.ledger.messages import CloseAccount, FreezeAccount, PlaceHold
from eventstore.listeners.listener import listeners
from projections.engine.operating import ask_for_rebuild, intervene
from projections.ledger.activity_projector import activity
from projections.ledger.models import Transfer
from projections.ledger.projectors import entries
from tests.examples.asking import ask
from tests.examples.following import POISON, broken_counting, follow
from tests.examples.ledger import open_account, pay
from tests.examples.people import FLO, SAM
from tests.examples.receiving import endpoint
from tests.integration.admin.windows import staff
from tests.tree import ROOT

pytestmark = pytest.mark.django_db

GUIDE = (ROOT / "docs" / "staff.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n)+)", GUIDE, re.MULTILINE))
ADDRESS = re.compile(r"`(/admin/[a-z]+/[a-z]+/)`")


@pytest.fixture
def rows(vic) -> dict[str, list[object]]:
    """The rows that the guide speaks of, by the address of their window."""
    ask(pay("world", "ann", POISON))
    with broken_counting():
        follow()
    ask(open_account("closed"))
    ask(CloseAccount(account="closed", reason="Moved"))
    ask(FreezeAccount(account="world", scope="debits", reason="Audit"))
    held = ask(PlaceHold(account="ann", amount=10)).body["hold"]["id"]
    about = {"every": "month", "first_on": date(2100, 1, 31)}
    order = ask(PlaceStandingOrder(payer="ann", payee="world", amount=10, **about))
    intervene(activity, "pause", by=SAM.id, reason="Audit")
    ask_for_rebuild(entries, by=SAM.id, reason="Audit")
    refused = Request.objects.get(status="refused")
    failed = Request.objects.get(key="k-1")
    Request.objects.filter(id=failed.id).update(
        status="failed", answer={"code": "failed", "detail": "It failed.", "facts": {}}
    )
    off = endpoint("https://198.51.101.8/hook")
    type(off).objects.filter(id=off.id).update(active=False, switched_off="gone")
    return {
        "/admin/ledger/balance/": ["ann", "world", "closed"],
        "/admin/ledger/transfer/": [Transfer.objects.get(reference="r-1").id],
        "/admin/ledger/hold/": [held],
        "/admin/ledger/standingorder/": [order.body["standing_order"]["id"]],
        "/admin/eventstore/event/": [failed.first_position],
        "/admin/eventstore/listenerstate/": [listeners()[0].name],
        "/admin/commands/request/": [refused.id, failed.id],
        "/admin/projections/projectionstate/": ["balances", "daily_totals", "activity", "entries"],
        "/admin/webhooks/endpoint/": [off.id],
        "/admin/access/token/": [Token.objects.get().pk],
    }


def said(client, address: str, keys: list[object]) -> str:
    """All that a window and these rows of it say."""
    pages = [address, *(f"{address}{key}/change/" for key in keys)]
    answers = [client.get(page) for page in pages]
    assert {each.status_code for each in answers} == {200}, pages
    html = " ".join(each.content.decode() for each in answers)
    return " ".join(re.sub(r"<[^>]*>", " ", html).split()).lower()


@pytest.mark.parametrize("title", [each for each in SECTIONS if ADDRESS.search(SECTIONS[each])])
def test_what_a_section_names_stands_where_it_leads(title, rows):
    section, flo = SECTIONS[title], staff(FLO)
    found = " ".join(said(flo, address, rows[address]) for address in ADDRESS.findall(section))
    labels = re.findall(r"\*\*(.+?)\*\*", section)
    assert [each for each in labels if each.lower() not in found] == []


def test_every_window_that_one_works_with_is_in_the_guide(rows):
    named = {each for section in SECTIONS.values() for each in ADDRESS.findall(section)}
    assert named == rows.keys()


def test_its_links_and_its_command_lead_somewhere(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a long pass phrase\n"))
    for link in re.findall(r"(?<!!)\[[^]]+\]\(([a-z-]+\.md)\)", GUIDE):
        assert (ROOT / "docs" / link).exists()
    (command,) = re.findall(r"^python manage\.py (.+)$", GUIDE, re.MULTILINE)
    call_command(*command.split(), "--password-stdin")
    sam = get_user_model().objects.get(username="sam")
    assert sam.is_staff and principal_of(sam).may("operate")
