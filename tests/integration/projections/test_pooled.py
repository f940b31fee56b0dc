"""Behind a transaction pooler, each transaction may be of another session of the server."""

import pytest
from django.db import connection, connections
from psycopg.conninfo import make_conninfo

from projections.engine.building import RebuildRefused
from projections.engine.differences import differences
from projections.engine.projector import projections
from projections.engine.rebuild import rebuild
from projections.ledger.models import Balance
from tests.examples.asking import ask, rich
from tests.examples.connections import InThread
from tests.examples.following import follow
from tests.examples.ledger import pay

pytestmark = pytest.mark.django_db(transaction=True)


def projection(name):
    return {each.name: each for each in projections()}[name]


@pytest.fixture(autouse=True)
def pooled(settings, monkeypatch):
    """This thread's connection loses its session between transactions; another address does not."""
    rich("ann", 100)
    ask(pay("ann", "world", 1))
    follow()
    ours = connections["default"]
    settings.DATABASE_SESSION_URL = address(ours.settings_dict)
    cursor = ours.cursor

    def of_any_session():
        if not ours.in_atomic_block:
            ours.close()
        return cursor()

    monkeypatch.setattr(ours, "cursor", of_any_session)
    first, second = session(), session()
    assert first != second
    yield
    assert connections["default"] is ours


def address(of):
    reach = {"dbname": "NAME", "host": "HOST", "port": "PORT", "user": "USER"}
    return make_conninfo(password=of["PASSWORD"], **{our: of[its] for our, its in reach.items()})


def session():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()


@pytest.mark.parametrize("name", ["balances", "entries", "daily_totals"])
def test_a_table_is_made_anew_and_compared(name):
    assert rebuild(projection(name)).events > 0
    assert list(differences(projection(name))) == []


def test_what_differs_is_found():
    Balance.objects.filter(account="ann").update(debits=2)
    (found,) = differences(projection("balances"))
    assert (found.key, found.columns) == ("ann", ["debits"])


def test_two_at_once_refuse_each_other():
    said = []

    def meanwhile(done, end):
        if not said:
            said.append(InThread(lambda: rebuild(projection("balances"))))
            with pytest.raises(RebuildRefused, match="balances is being rebuilt already"):
                said[0].result()

    assert rebuild(projection("balances"), meanwhile).events > 0
    assert said
