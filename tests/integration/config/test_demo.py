"""The demo ledger: something of everything, made once."""

import io
import json
import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from commands.engine.models import Request
from config.demo import is_here
from eventstore.store import latest_position
from projections.ledger.instruction_models import Setting, StandingOrder
from projections.ledger.models import Balance, Book, Hold, Transfer
from tests.examples.factories import user
from tests.examples.following import follow
from tests.examples.pages import browser
from tests.examples.people import ANN, BOB

pytestmark = pytest.mark.django_db


OWNED = ["customers:ada", "shop:fees", "shop:sales"]


def made(*words: str, owner: str = "") -> str:
    output = io.StringIO()
    call_command("demo", *words, owner=owner, stdout=output)
    return output.getvalue()


def owned() -> dict[str, UUID]:
    return dict(
        Balance.objects.exclude(owner=None).order_by("account").values_list("account", "owner")
    )


def test_there_is_something_of_everything():
    said = made()
    assert "orders on hold, a refund, a frozen wallet, a closed month, an alert, a sweep" in said
    assert is_here()
    found = Hold.objects.order_by("amount").values_list("amount", "remaining", "status")
    assert [*found] == [(3_890, 0, "released"), (4_500, 4_500, "open"), (12_000, 4_500, "open")]
    for each in Hold.objects.all():
        assert each.expires_at > timezone.now() + timedelta(days=6)
    reversal = Transfer.objects.exclude(reverses=None).get()
    assert Transfer.objects.get(id=reversal.reverses).reversed_by == reversal.id
    assert Balance.objects.get(account="customers:max").frozen_scope == "debits"
    assert Balance.objects.get(account="customers:luca").overdraft_limit == 5_000
    closed = Book.objects.get().closed_through
    assert (closed + timedelta(days=1)).day == 1
    assert closed < timezone.now().date()


def test_something_is_set_to_happen_from_now_on():
    made()
    found = Setting.objects.order_by("account").values_list("account", "low", "above", "target")
    assert [*found] == [
        ("customers:ada", 2_000, None, None),
        ("shop:sales", None, 100_000, "outside:bank"),
    ]
    order = StandingOrder.objects.get()
    assert (order.account, order.payee, order.status) == ("customers:joan", "shop:sales", "open")
    assert order.next_on.day == 1
    assert timezone.now().date() < order.next_on


def test_only_payments_beyond_what_is_there_are_refused():
    made()
    refused = Request.objects.exclude(status="succeeded")
    assert {each.command for each in refused} == {"post_transfer"}
    assert {each.answer["code"] for each in refused} == {"insufficient-funds"}


def test_made_again_it_changes_nothing():
    made()
    before = latest_position()
    assert "is there already" in made()
    assert latest_position() == before


def test_a_program_is_told_whether_it_was_made():
    told = json.loads(made("--json"))
    assert (told.pop("made"), told.pop("accounts")) == (True, Balance.objects.count())
    assert told.pop("refused") == Request.objects.filter(status="refused").count()
    assert told.keys() == {"transfers"}
    assert json.loads(made("--json")) == {"made": False}


# --- whose it is --------------------------------------------------------------------------------


def test_its_accounts_are_nobodys_unless_somebody_is_named():
    made()
    assert owned() == {}


def test_its_owner_begins_with_cards_that_draw_a_line():
    user(ANN)
    made(owner="ann")
    follow()
    assert owned() == dict.fromkeys(OWNED, ANN.id)
    html = browser(ANN).get("/").content.decode()
    cards = re.findall(r'<li class="card">.*?</li>', html, re.DOTALL)
    assert [re.search(r'/accounts/([^"]+)"', each)[1] for each in cards] == OWNED
    assert all("<polyline" in each for each in cards)
    assert "Last activity" in html


def test_whoever_it_is_made_again_for_its_accounts_stay_whose_they_are():
    user(ANN)
    user(BOB)
    made(owner="ann")
    before, requests = latest_position(), Request.objects.count()
    assert "is there already: its accounts stay whose they are" in made(owner="bob")
    assert "is there already" in made()
    assert (latest_position(), Request.objects.count()) == (before, requests)
    assert owned() == dict.fromkeys(OWNED, ANN.id)


def test_an_owner_who_is_nobody_is_one_sentence():
    with pytest.raises(CommandError, match=r"^There is no user 'zoe'; make one"):
        made(owner="zoe")
    assert latest_position() == 0
