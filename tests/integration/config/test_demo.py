"""The demo ledger: something of everything, made once."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from commands.engine.models import Request
from config.demo import is_here
from eventstore.store import latest_position
from projections.ledger.models import Balance, Book, Hold, Transfer

pytestmark = pytest.mark.django_db


def made() -> str:
    output = io.StringIO()
    call_command("demo", stdout=output)
    return output.getvalue()


def test_there_is_something_of_everything():
    assert "orders on hold, a refund, a frozen wallet and a closed month" in made()
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
