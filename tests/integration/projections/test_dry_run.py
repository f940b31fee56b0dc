"""`rebuild_projections --dry-run` says which rows would change, and changes none."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from projections.engine.differences import MOST
from projections.ledger.models import Balance
from tests.examples.asking import rich

pytestmark = pytest.mark.django_db(transaction=True)


def told(*options):
    out = StringIO()
    call_command("rebuild_projections", "balances", "--dry-run", *options, stdout=out)
    return out.getvalue()


def test_it_says_that_nothing_would_change():
    rich("ann", 5)
    assert told() == "balances: no rows would change\n"


def test_it_names_the_rows_and_columns_and_leaves_them_as_they_are():
    rich("ann", 5)
    Balance.objects.filter(account="ann").update(credits=6)
    assert told() == "balances: 1 rows would change\n  ann: credits\n"
    assert Balance.objects.get(account="ann").credits == 6


def test_of_very_many_it_says_that_there_may_be_more():
    rich("ann", 5)
    Balance.objects.bulk_create(
        Balance(account=f"nobody:{n}", name="", currency="EUR", exponent=2, metadata={}, version=1)
        for n in range(MOST + 1)
    )
    assert told().startswith(f"balances: at least {MOST} rows would change\n")
    assert json.loads(told("--json")) == {
        "projections": [{"name": "balances", "rows_differ": MOST, "or_more": True}]
    }
