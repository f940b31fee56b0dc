"""A rebuild that cannot be done says what is in its way, and leaves the live table as it is."""

import io
import re

import pytest
from django.core.management import call_command
from django.db import connection

from eventstore.store import latest_position, read_all
from projections.engine import building, loading
from projections.engine.building import RebuildRefused
from projections.engine.differences import differences
from projections.engine.models import ProjectionState
from projections.engine.projector import projections
from projections.engine.rebuild import rebuild
from projections.ledger.models import Balance
from tests.examples import following
from tests.examples.asking import ask, rich
from tests.examples.catalog import catalog
from tests.examples.connections import InThread
from tests.examples.following import DEBITED, POISON, follow
from tests.examples.ledger import pay
from tests.examples.verifying import reported

pytestmark = pytest.mark.django_db(transaction=True)


def projection(name):
    return {each.name: each for each in projections()}[name]


@pytest.fixture(autouse=True)
def ledger():
    """Ann paid four times; the third time it was an amount that is remarkable."""
    rich("ann", 1_000)
    for amount in (1, 2, POISON, 3):
        assert ask(pay("ann", "world", amount)).succeeded
    follow()


@pytest.fixture
def bad():
    (event,) = [each for each in read_all(types=[DEBITED]) if each.data["amount"] == str(POISON)]
    return event.position


def rows(name):
    return following.rows(projection(name))


def run(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def fail(row, event, recorded):
    raise ValueError("this one is bad")


def be_nothing(row, event, recorded):
    row.debits = None


def break_(patch, name, positions, how=fail):
    """From now on the code cannot make rows of these events."""
    of, really = projection(name), projection(name).change

    def change(row, event, recorded):
        really(row, event, recorded)
        if recorded.position in positions:
            how(row, event, recorded)

    patch.setattr(of, "change", change)


# --- what would stay with the old table -------------------------------------------------------

BOUND = {
    "the view richest": (
        "CREATE VIEW richest AS SELECT account FROM ledger_balance ORDER BY credits LIMIT 1",
        "DROP VIEW richest",
    ),
    "the trigger watched": (
        "CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER watched AFTER UPDATE ON ledger_balance"
        " FOR EACH ROW EXECUTE FUNCTION watch()",
        "DROP TRIGGER watched ON ledger_balance; DROP FUNCTION watch",
    ),
    "the publication replicas": (
        "CREATE PUBLICATION replicas FOR TABLE ledger_balance",
        "DROP PUBLICATION replicas",
    ),
    "the foreign key noted_account_fkey of noted": (
        "CREATE TABLE noted (account varchar REFERENCES ledger_balance)",
        "DROP TABLE noted",
    ),
    "the exclusion constraint sole of ledger_balance": (
        "ALTER TABLE ledger_balance ADD CONSTRAINT sole EXCLUDE (account WITH =)",
        "ALTER TABLE ledger_balance DROP CONSTRAINT sole",
    ),
    "the function first()": (
        "CREATE FUNCTION first() RETURNS text"
        " BEGIN ATOMIC SELECT account FROM ledger_balance LIMIT 1; END",
        "DROP FUNCTION first()",
    ),
    "row-level security": (
        "ALTER TABLE ledger_balance ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE ledger_balance DISABLE ROW LEVEL SECURITY",
    ),
}


@pytest.mark.parametrize("what", BOUND)
def test_what_would_stay_with_the_old_table_is_named(what):
    make, drop = BOUND[what]
    before = rows("balances")
    run(make)
    try:
        with pytest.raises(
            RebuildRefused, match=re.escape(f"ledger_balance has {what}, which would stay")
        ):
            rebuild(projection("balances"))
        assert rows("balances") == before
        assert rebuild(projection("entries")).events > 0
    finally:
        run(drop)
    assert rebuild(projection("balances")).events > 0


# --- an event that cannot be applied ----------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 4, 5_000])
@pytest.mark.parametrize("name", ["balances", "entries", "daily_totals"])
def test_the_event_is_named_and_the_live_table_is_as_it_was(monkeypatch, bad, name, chunk):
    monkeypatch.setattr(loading, "EVENTS", chunk)
    monkeypatch.setattr(building, "KEEP", 0.0)
    before = rows(name)
    with monkeypatch.context() as patch:
        break_(patch, name, [bad])
        said = (
            rf"at position {bad} \({DEBITED}\) cannot be applied \(ValueError: this one is bad\)\."
        )
        with pytest.raises(RebuildRefused, match=said):
            rebuild(projection(name))
    assert rows(name) == before
    assert rebuild(projection(name)).events > 0
    assert rows(name) == before


def test_so_is_one_of_which_the_database_cannot_keep_the_row(monkeypatch, bad):
    break_(monkeypatch, "balances", [bad], be_nothing)
    with pytest.raises(
        RebuildRefused, match=rf"at position {bad} .*IntegrityError: null value.*\)\. Mend"
    ):
        rebuild(projection("balances"))


def test_so_is_one_of_which_the_code_looks_at_what_is_not_read(monkeypatch, bad):
    def look(row, event, recorded):
        return recorded.metadata["actor"]

    break_(monkeypatch, "balances", [bad], look)
    with pytest.raises(RebuildRefused, match=rf"at position {bad} .*LookupError: it is not read"):
        rebuild(projection("balances"))


def test_rows_that_a_unique_index_cannot_have_are_told_of_and_not_gone_on_with():
    run("UPDATE ledger_balance SET currency = account")
    run("CREATE UNIQUE INDEX sole ON ledger_balance (currency)")
    said = r"breaks one of its unique indexes.* Key \(currency\)=\(EUR\) is duplicated\."
    try:
        for _ in range(2):
            with pytest.raises(RebuildRefused, match=said):
                rebuild(projection("balances"))
    finally:
        run("DROP INDEX sole")
    assert rebuild(projection("balances")).events > 0


def test_no_event_is_named_when_none_is_to_blame(monkeypatch):
    def fail(self):
        raise ZeroDivisionError

    monkeypatch.setattr(building.Shadow, "analyze", fail)
    with pytest.raises(ZeroDivisionError):
        rebuild(projection("balances"))


@pytest.mark.parametrize("name", ["balances", "entries", "daily_totals"])
def test_a_bad_one_among_the_last_leaves_nothing_half_done(monkeypatch, name):
    """Nothing comes of the swap that is under way, and the next run goes on from there."""
    rebuild(projection(name))
    last, names = [], catalog()

    def meanwhile(done, end):
        if not last:
            InThread(lambda: ask(pay("ann", "world", 4))).result()
            InThread(follow).result()
            last.append(read_all(types=[DEBITED])[-1].position)

    with monkeypatch.context() as patch:
        break_(patch, name, last)
        with pytest.raises(
            RebuildRefused, match=r"cannot be applied \(ValueError: this"
        ) as refused:
            rebuild(projection(name), meanwhile)
    assert f"the event at position {last[0]} ({DEBITED})" in str(refused.value)
    assert list(differences(projection(name))) == []
    live = rows(name)
    assert rebuild(projection(name)).events == len(["debited", "credited"])
    assert rows(name) == live
    assert catalog() == names


def test_what_is_kept_with_the_events_is_not_marked(monkeypatch, bad):
    break_(monkeypatch, "entries", [bad])
    with pytest.raises(RebuildRefused, match=r"Mend the code, and run this again\.$"):
        rebuild(projection("entries"))
    state = ProjectionState.objects.get(name="entries")
    assert (state.stopped_at, state.refused_at) == (None, None)


# --- verify --repair --------------------------------------------------------------------------


def test_what_can_be_repaired_is_when_another_table_cannot(monkeypatch, bad):
    break_(monkeypatch, "entries", [bad])
    run("DELETE FROM ledger_entry WHERE position = 5", "UPDATE ledger_balance SET debits = 1")
    report = {each["name"]: each for each in reported("balances", "entries", repair=True)["checks"]}
    assert (report["balances"]["clean"], report["balances"]["repaired"]) == (True, True)
    assert (report["entries"]["clean"], report["entries"]["repaired"]) == (False, False)
    said = report["entries"]["findings"][0]
    assert said["where"] == "the repair"
    assert said["what"].startswith(f"ledger_entry stays as it is: the event at position {bad} ")
    assert not Balance.objects.filter(debits=1).exists()


def test_a_repair_that_is_refused_is_said_and_fails():
    make, drop = BOUND["the view richest"]
    output = io.StringIO()
    try:
        run(make, "UPDATE ledger_balance SET debits = 1")
        with pytest.raises(SystemExit, match="1"):
            call_command("verify", "balances", "holds", repair=True, stdout=output)
    finally:
        run(drop)
    assert "    the repair: ledger_balance has the view richest, which would" in output.getvalue()
    assert "Something differs." in output.getvalue()
    call_command("verify", "balances", repair=True, stdout=output)
    assert output.getvalue().rstrip().endswith(f"up to position {latest_position()}.")
