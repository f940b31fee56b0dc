"""The window on accounts: found by code, name and owner, and led on from."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commands.ledger.messages import OpenAccount
from projections.ledger.models import Balance
from tests.examples.asking import ask
from tests.examples.factories import user
from tests.examples.ledger import open_account
from tests.examples.people import ANN, BOB
from tests.integration.admin.windows import listed, shown, text

pytestmark = pytest.mark.django_db


def found(client, term) -> list[str]:
    rows = client.get(listed("ledger_balance"), {"q": term}).context["cl"].result_list
    return [row.account for row in rows]


@pytest.fixture
def shops(vic):
    user(BOB)
    ask(OpenAccount(code="shop:1", name="Grocer", currency="EUR", owner=BOB.id))
    ask(OpenAccount(code="shop:2", name="greengrocer", currency="EUR", owner=BOB.id))
    ask(OpenAccount(code="shop:3", name="Großhandel", currency="EUR", owner=ANN.id))


@pytest.mark.parametrize(
    ("term", "codes"),
    [
        ("shop", ["shop:1", "shop:2", "shop:3"]),
        ("gro", ["shop:1", "shop:3"]),
        ("GROCER", ["shop:1"]),
        ("groß", ["shop:3"]),
        ("%", []),
        ("bob", ["shop:1", "shop:2"]),
        ("@bob", ["shop:1", "shop:2"]),
        ("ann", ["ann"]),
        ("@ann", ["ann", "shop:3"]),
        ("@", []),
    ],
)
def test_it_is_found_by_its_code_and_its_name_and_by_its_owner(vic, shops, term, codes):
    assert found(vic, term) == codes


def test_an_owner_is_shown_by_name_and_known_by_id(vic, shops):
    for page in (listed("ledger_balance"), shown("ledger_balance", "shop:1")):
        assert f'<span title="{BOB.id}">bob</span>' in vic.get(page).content.decode()


def test_an_owner_who_is_no_user_is_shown_by_id(vic):
    Balance.objects.filter(account="ann").update(owner=BOB.id)
    assert f"Owner: {BOB.id}" in text(vic.get(shown("ledger_balance", "ann")))


def test_names_of_owners_cost_one_query_a_page(vic, shops):
    with CaptureQueriesContext(connection) as few:
        vic.get(listed("ledger_balance"))
    for number in range(20):
        ask(open_account(f"more:{number:02}", owner=(ANN, BOB)[number % 2].id))
    with CaptureQueriesContext(connection) as many:
        vic.get(listed("ledger_balance"))
    assert len(many) == len(few)
