"""The window on transfers: those of an account come in pages, by date, with what cancels out."""

from datetime import UTC, datetime

import pytest

from tests.examples.asking import ask
from tests.examples.ledger import open_account, pay
from tests.integration.admin.windows import listed

pytestmark = pytest.mark.django_db


def test_the_transfers_of_an_account_come_in_pages(vic):
    ask(open_account("shop"))
    made = [ask(pay("ann", "shop", 1)).body["transfer"]["id"] for _ in range(103)]
    first = vic.get(listed("ledger_transfer"), {"q": "shop"}).context["cl"]
    second = vic.get(listed("ledger_transfer") + first.following).context["cl"]
    seen = [str(row.id) for row in (*first.result_list, *second.result_list)]
    assert seen == made[::-1]
    assert not second.following


def test_they_are_bounded_by_their_day(vic):
    for when, many in ((f"{datetime.now(UTC):%Y-%m-%d}", 2), ("2001", 0)):
        page = vic.get(listed("ledger_transfer"), {"q": "ann", "when": when})
        assert len(page.context["cl"].result_list) == many
