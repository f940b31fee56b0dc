"""What gets in the way of a batch: conflicts, locks held in turns, slow statements, migrations."""

import psycopg
import pytest
from django.db import OperationalError, connection

from commands.engine import deciding
from commands.engine.deciding import ATTEMPTS, settle
from commands.engine.errors import Busy, HeldElsewhere
from commands.engine.outcomes import Outcome
from projections.ledger.models import Balance
from tests.examples.asking import asking, rich
from tests.examples.connections import another_connection
from tests.examples.ledger import pay

pytestmark = pytest.mark.django_db(transaction=True)

SLOW = """
CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF NEW.account = 'bob' THEN PERFORM pg_sleep(20); END IF; RETURN NEW; END $$;
CREATE TRIGGER slow BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION be_slow()"""


@pytest.fixture(autouse=True)
def accounts():
    for code in ("ann", "bob", "cat"):
        rich(code, 500)


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None


def posted(code):
    return Balance.objects.get(account=code).posted


def to(*codes):
    return [asking(pay("ann", code, 1)) for code in codes]


def kinds(results):
    return [each.status if isinstance(each, Outcome) else type(each) for each in results]


def conflicting(monkeypatch, *, times):
    """So many attempts end as PostgreSQL ends one that others got in the way of."""
    real, left = deciding.write_all, [psycopg.errors.DeadlockDetected()] * times

    def write_all(*arguments):
        written = real(*arguments)
        if left:
            raise OperationalError from left.pop()
        return written

    monkeypatch.setattr(deciding, "write_all", write_all)


@pytest.mark.parametrize(
    ("times", "found", "moved"),
    [(ATTEMPTS - 1, ["succeeded"] * 2, 1), (ATTEMPTS, [Busy] * 2, 0)],
)
def test_a_conflict_is_decided_anew_a_few_times(monkeypatch, times, found, moved):
    conflicting(monkeypatch, times=times)
    assert kinds(settle(to("bob", "cat"))) == found
    assert (posted("bob"), posted("cat")) == (500 + moved, 500 + moved)


def test_what_others_hold_in_turns_is_set_aside_and_not_refused(monkeypatch):
    """Locked whenever it is needed, and free whenever it is looked at."""
    monkeypatch.setattr(deciding.contention, "held", lambda *_, **__: set())
    with another_connection() as other:
        other.execute("SELECT 1 FROM eventstore_stream WHERE name = 'account-bob' FOR UPDATE")
        assert kinds(settle(to("bob", "cat"))) == [HeldElsewhere] * 2
    assert kinds(settle(to("bob", "cat"))) == ["succeeded"] * 2


def test_a_statement_that_takes_too_long_costs_its_neighbours_nothing():
    execute(SLOW)
    execute("SET statement_timeout = '300ms'")
    try:
        found = settle(to("cat", "bob", "cat"))
    finally:
        execute("SET statement_timeout = 0")
        execute("DROP FUNCTION be_slow CASCADE")
    assert kinds(found) == ["succeeded", OperationalError, "succeeded"]
    assert (posted("bob"), posted("cat")) == (500, 502)


def test_a_migration_that_widens_a_column_stops_nobody():
    alter = "ALTER TABLE eventstore_stream ALTER state_code TYPE {}"
    ((before,),) = execute(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = 'eventstore_stream'::regclass AND attname = 'state_code'"
    )
    assert kinds(settle(to("bob"))) == ["succeeded"]
    try:
        execute(alter.format("varchar(99)"))
        assert kinds(settle(to("bob", "cat"))) == ["succeeded"] * 2
    finally:
        execute(alter.format(before))
    assert kinds(settle(to("bob"))) == ["succeeded"]
    assert (posted("bob"), posted("cat")) == (503, 501)


def test_rows_are_found_by_their_keys_with_plans_that_are_made_once():
    connection.close()
    for n in range(3):
        settle([asking(pay("ann", "bob", 1), key=f"k-{n}")])
    planned = execute(
        "SELECT sum(generic_plans) > 0, sum(custom_plans) FROM pg_prepared_statements"
        " WHERE statement ~ 'eventstore_stream|eventstore_event|commands_request|ledger_'"
    )
    assert planned == [(True, 0)]
