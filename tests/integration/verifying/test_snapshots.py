"""`verify` holds no snapshot between its statements: what dies meanwhile is cleared away."""

import re
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from eventstore.reading import latest_position
from eventstore.verification import checks
from tests.examples.asking import ask
from tests.examples.connections import another_connection
from tests.examples.ledger import pay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("places")]

HOT = {
    "eventstore_stream": "UPDATE eventstore_stream SET version = version",
    "ledger_balance": "UPDATE ledger_balance SET version = version",
}
DEAD = re.compile(r"(\d+) are dead but not yet removable")
REMOVED = re.compile(r"tuples: (\d+) removed")


@contextmanager
def vacuuming():
    """A function that lets rows of the hot tables die and clears them away.

    It tells how many of them were removed, and how many somebody might still see.
    """
    with another_connection() as other:
        other.autocommit = True
        said = []
        other.add_notice_handler(lambda notice: said.append(notice.message_primary))

        def vacuum():
            said.clear()
            for table, update in HOT.items():
                other.execute(update)
                other.execute(f"VACUUM (VERBOSE, TRUNCATE off) {table}")
            told = "\n".join(said)
            return sum(map(int, REMOVED.findall(told))), sum(map(int, DEAD.findall(told)))

        yield vacuum


@pytest.mark.parametrize("check", checks(), ids=lambda check: check.name)
def test_rows_that_die_between_its_statements_are_cleared_away(check):
    with vacuuming() as vacuum:
        seen = []
        found = check.find(latest_position(), lambda done, total: seen.append(vacuum()))
        assert list(found) == []
    assert seen
    for removed, kept in seen:
        assert removed > 0
        assert kept == 0


@pytest.mark.parametrize("check", checks(), ids=lambda check: check.name)
def test_commands_go_on_between_its_statements_and_disturb_nothing(check, pieces):
    asked = []

    def pays(done, total):
        if len(asked) < 20:
            asked.append(ask(pay("world", "ann", 1)))

    assert list(check.find(latest_position(), pays)) == []
    assert asked
    assert all(outcome.succeeded for outcome in asked)


def test_a_snapshot_that_is_held_would_be_seen():
    with vacuuming() as vacuum, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT 1 FROM eventstore_event LIMIT 1")
        assert vacuum()[1] > 0
