"""What others do to a read table while its next one is made: it fits what it is swapped for."""

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.test import Client

from projections.engine import building, gate
from projections.engine import rebuild as rebuilding
from projections.engine.building import Building, RebuildRefused
from projections.engine.differences import differences
from projections.engine.follow import catch_up
from projections.engine.models import ProjectionState
from projections.engine.operating import intervene
from projections.engine.projector import projections
from projections.engine.reading import behind, snapshot
from projections.engine.rebuild import rebuild
from projections.engine.shadow import Shadow
from projections.engine.standing import NOBODY, note_new
from projections.ledger.models import Balance, Entry
from tests.examples.asking import ask, rich
from tests.examples.connections import InThread, another_connection, blocked, until
from tests.examples.ledger import pay
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db(transaction=True)


READERS = "pg_read_all_settings"
"""A role that every server has, and no test."""


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


def test_what_comes_to_depend_on_it_meanwhile_is_not_lost(monkeypatch):
    view = "CREATE VIEW richest AS SELECT account FROM ledger_balance"
    monkeypatch.setattr(Building, "_check", lambda self: run(view))
    try:
        with pytest.raises(RebuildRefused, match="has the view richest, which would stay"):
            rebuild(projection("balances"))
    finally:
        run("DROP VIEW richest")


def grants():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT grantee::regrole::text, privilege_type FROM pg_class, aclexplode(relacl)"
            " WHERE relname = 'ledger_balance' AND grantee <> relowner"
        )
        return set(cursor.fetchall())


def test_who_may_do_what_with_it_is_as_it_was_last(monkeypatch):
    def change(self):
        run(f"REVOKE UPDATE ON ledger_balance FROM {READERS}")
        run(f"GRANT DELETE ON ledger_balance TO {READERS}")

    before = grants()
    run(f"GRANT SELECT, UPDATE ON ledger_balance TO {READERS}")
    monkeypatch.setattr(Building, "_check", change)
    try:
        assert rebuild(projection("balances")).events > 0
        assert grants() - before == {(READERS, "SELECT"), (READERS, "DELETE")}
    finally:
        run(f"REVOKE ALL ON ledger_balance FROM {READERS}")


def names_of_indexes():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'ledger_balance'")
        return {name for (name,) in cursor.fetchall()}


def test_an_index_that_is_added_meanwhile_is_made_as_well(monkeypatch):
    """Whenever that is: here the next table has its indexes already."""
    monkeypatch.setattr(
        Building, "_check", lambda self: run("CREATE INDEX richest ON ledger_balance (credits)")
    )
    before = names_of_indexes()
    try:
        assert rebuild(projection("balances")).events > 0
        assert names_of_indexes() == before | {"richest"}
    finally:
        run("DROP INDEX richest")


def test_one_that_is_added_at_the_last_moment_too(monkeypatch):
    catch_up_, added = rebuilding._catch_up, []

    def add(building, given_up):
        catch_up_(building, given_up)
        index = building.shadow.index

        def late():
            index()
            if not added:
                added.append(run("CREATE INDEX richest ON ledger_balance (credits)"))

        patch.setattr(type(building.shadow), "index", lambda self: late())

    before = names_of_indexes()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(rebuilding, "_catch_up", add)
            assert rebuild(projection("balances")).events > 0
        assert added
        assert names_of_indexes() == before | {"richest"}
    finally:
        run("DROP INDEX richest")


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


def test_those_are_waited_for_who_still_write_what_the_worker_is_to_keep(monkeypatch):
    """Who appends goes by the code that made the live table."""
    entries, tried = projection("entries"), []
    monkeypatch.setattr(entries, "immediate", False)
    monkeypatch.setattr(entries, "fingerprint", "kept by the worker")
    with another_connection() as other:
        other.execute(gate.ENTER.format(shared="_shared"))
        monkeypatch.setattr(rebuilding, "sleep", lambda _: (tried.append(1), other.commit()))
        assert rebuild(entries).events > 0
    assert tried == [1]


def test_what_others_waited_for_in_vain_counts(monkeypatch):
    """A try that is given up has kept others waiting as long as one that succeeds."""
    with another_connection() as other:
        other.execute("LOCK TABLE ledger_balance IN ACCESS SHARE MODE")
        monkeypatch.setattr(rebuilding, "sleep", lambda _: other.commit())
        assert rebuild(projection("balances")).lock_ms >= 100


def test_what_is_written_meanwhile_is_caught_up_with(monkeypatch):
    monkeypatch.setattr(rebuilding, "FEW", 1)
    monkeypatch.setattr(building, "FEW", 1)

    def write():
        for _ in range(20):
            assert ask(pay("ann", "bob", 1)).succeeded

    for name in ("balances", "entries"):
        rebuild(projection(name), once(write))
        assert list(differences(projection(name))) == []


def test_a_log_that_grows_too_fast_for_it_is_told_of(monkeypatch):
    monkeypatch.setattr(rebuilding, "FEW", 0)
    monkeypatch.setattr(rebuilding, "PATIENCE", -1.0)

    def write(done, end):
        InThread(lambda: ask(pay("ann", "bob", 1))).result()

    with pytest.raises(RebuildRefused, match=r"The log grows as fast .*, it goes on from here"):
        rebuild(projection("balances"), write)
    assert list(differences(projection("balances"))) == []


def test_what_was_live_may_stay_until_the_next_time(caplog):
    """The new table has taken its place; somebody made a view of the old one at that moment."""
    days, swap = projection("daily_totals"), Shadow.swap
    view = "CREATE VIEW old_days AS SELECT account FROM was_ledger_dailytotal"
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Shadow, "swap", lambda self: (swap(self), run(view)))
            assert rebuild(days).events > 0
        assert "was_ledger_dailytotal is left until the next rebuild: cannot drop" in caplog.text
        with pytest.raises(RebuildRefused, match=r"cannot be dropped \(cannot drop table"):
            rebuild(days)
    finally:
        run("DROP VIEW old_days")
    assert rebuild(days).events > 0
    assert list(differences(days)) == []


def test_a_table_of_another_version_is_told_of_and_a_migration_is_not_missing(monkeypatch):
    rebuild(projection("balances"))
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    ProjectionState.objects.filter(name="balances").update(version=3)
    monkeypatch.setattr(projection("balances"), "version", 4)
    said = "balances was built by version 3, the code is 4: run rebuild_projections balances"
    assert behind() == [said]
    found = [(each.id, each.msg) for each in run_checks(databases=["default"])]
    assert found == [("projections.W001", said)]
    ready = Client().get("/readyz")
    assert (ready.status_code, said in ready.content.decode()) == (503, True)
