"""What others do to a read table while its next one is made: it fits what it is swapped for."""

import pytest
from django.core.management import call_command
from django.db import connection

from projections.engine.differences import differences
from projections.engine.follow import catch_up
from projections.engine.models import ProjectionState
from projections.engine.operating import intervene
from projections.engine.projector import projections
from projections.engine.reading import behind, snapshot
from projections.engine.rebuild import RebuildRefused, rebuild
from projections.engine.standing import NOBODY, note_new
from projections.ledger.models import Balance, Entry
from tests.examples.asking import ask, rich
from tests.examples.connections import InThread, another_connection, blocked, until
from tests.examples.ledger import pay
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db(transaction=True)


def projection(name):
    return {each.name: each for each in projections()}[name]


@pytest.fixture(autouse=True)
def ledger():
    for code in ("ann", "bob"):
        rich(code, 100)
    for late in projections(immediate=False):
        while catch_up(late):
            pass


def once(function):
    """A progress that does something while the table is loaded."""
    done = []

    def progress(position, end):
        if not done:
            done.append(InThread(function).result())

    return progress


def run(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.parametrize(
    ("change", "back"),
    [
        ("ADD COLUMN more int NOT NULL DEFAULT 0", "DROP COLUMN more"),
        ("ALTER COLUMN metadata DROP NOT NULL", "ALTER COLUMN metadata SET NOT NULL"),
        ("ADD CONSTRAINT positive CHECK (debits >= 0)", "DROP CONSTRAINT positive"),
    ],
)
def test_a_migration_is_not_undone_by_a_rebuild_that_began_before_it(change, back):
    try:
        with pytest.raises(RebuildRefused, match="was altered meanwhile"):
            rebuild(
                projection("balances"), once(lambda: run(f"ALTER TABLE ledger_balance {change}"))
            )
        assert rebuild(projection("balances")).events > 0
    finally:
        run(f"ALTER TABLE ledger_balance {back}")
    assert rebuild(projection("balances")).events > 0
    assert list(differences(projection("balances"))) == []


def test_an_event_that_is_skipped_meanwhile_is_left_out_the_next_time():
    days = projection("daily_totals")
    last = Entry.objects.latest("position").position
    ProjectionState.objects.filter(name=days.name).update(stopped_at=last)

    def skip():
        intervene(days, "skip", by=SAM.id, reason="It is a duplicate", position=last)

    with pytest.raises(RebuildRefused, match="an event was skipped"):
        rebuild(days, once(skip))
    assert rebuild(days).events > 0
    assert list(differences(days)) == []


def test_a_vacuum_of_the_table_is_waited_for_and_commands_are_not_kept_waiting():
    with another_connection() as other:
        other.execute("LOCK TABLE ledger_balance IN SHARE UPDATE EXCLUSIVE MODE")
        rebuilding = InThread(lambda: rebuild(projection("balances")))
        until(blocked("relation"), "the swap behind the vacuum")
        assert ask(pay("ann", "bob", 1)).succeeded
        assert rebuilding.is_alive()
    assert rebuilding.result().events > 0
    assert list(differences(projection("balances"))) == []


def test_what_a_read_shows_while_its_table_is_behind_is_the_position_of_then():
    ProjectionState.objects.filter(name="entries").update(behind_since=3)
    with snapshot(Balance) as position:
        assert position > 3
    with snapshot(Balance, Entry) as position:
        assert position == 3


def test_tables_from_before_codes_were_noted_are_of_this_code_or_of_an_older_one():
    ProjectionState.objects.update(fingerprint="")
    ProjectionState.objects.filter(name="entries").update(version=1)
    note_new()
    states = {state.name: state.fingerprint for state in ProjectionState.objects.all()}
    assert states.pop("entries") == NOBODY
    assert states == {name: projection(name).fingerprint for name in states}
    assert [said.partition(" ")[0] for said in behind()] == ["entries"]
    call_command("rebuild_projections", "--changed")
    assert behind() == []


def test_to_be_kept_by_the_worker_or_with_the_events_is_not_the_same():
    days = projection("daily_totals")
    other = days.into("another_table")
    other.__dict__.pop("fingerprint", None)
    assert other.fingerprint == days.fingerprint
    other.__dict__.pop("fingerprint")
    other.immediate = True
    assert other.fingerprint != days.fingerprint
