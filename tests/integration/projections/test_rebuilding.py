"""A read table is made again while the system runs: nobody sees it empty, nothing is lost."""

import threading
from datetime import date

import pytest
from django.db import connection, models, transaction
from django.db.models import Sum

from commands.ledger.messages import CaptureHold, PlaceHold, ReverseTransfer
from config.database import APPLICATION
from projections.engine import building, gate, loading
from projections.engine import rebuild as rebuilding
from projections.engine.building import RebuildRefused
from projections.engine.differences import differences
from projections.engine.follow import catch_up
from projections.engine.models import ProjectionState
from projections.engine.projector import projections
from projections.engine.reading import snapshot
from projections.engine.rebuild import rebuild
from projections.ledger.models import Balance, Entry
from tests.examples import following
from tests.examples.asking import ask, rich
from tests.examples.catalog import catalog
from tests.examples.connections import InThread, another_connection, blocked, until
from tests.examples.dying import killed
from tests.examples.instructing import instructed
from tests.examples.ledger import pay

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = [each.name for each in projections()]


def projection(name):
    return {each.name: each for each in projections()}[name]


@pytest.fixture
def busy():
    """A ledger in which each read table has rows that were changed after they were made."""
    for code in ("ann", "bob", "cat"):
        rich(code, 100)
    for n in range(8):
        assert ask(pay("ann", "bob", 1, effective_on=date(2026, 1, n + 1))).succeeded
        placed = PlaceHold(account="ann", amount=3, payee="cat")
        assert ask(placed).succeeded
        captured = CaptureHold(account="ann", hold=placed.hold, amount=1, final=n % 2 == 0)
        assert ask(captured).succeeded
        assert ask(ReverseTransfer(transfer=captured.transfer, reason="Wrong")).succeeded
    instructed()
    for late in projections(immediate=False):
        while catch_up(late):
            pass


def rows(name):
    return following.rows(projection(name))


@pytest.mark.django_db(transaction=False)
@pytest.mark.parametrize("chunk", [1, 7, 5_000])
@pytest.mark.parametrize("most", [0, 3, 100_000])
@pytest.mark.parametrize("name", NAMES)
def test_it_is_the_same_however_little_is_kept_in_memory(busy, monkeypatch, name, most, chunk):
    monkeypatch.setattr(loading, "MOST", most)
    monkeypatch.setattr(loading, "EVENTS", chunk)
    before = rows(name)
    rebuild(projection(name))
    assert rows(name) == before
    assert list(differences(projection(name))) == []


@pytest.fixture
def another_owner():
    """A table owned, granted and stored in ways of its own."""
    changed = []

    def change(table):
        changed.append(table)
        run(
            f"GRANT CREATE ON SCHEMA public TO {APPLICATION}",
            f"GRANT SELECT ON {table.name} TO pg_monitor WITH GRANT OPTION",
            f"GRANT UPDATE ({table.key}) ON {table.name} TO PUBLIC",
            f"ALTER TABLE {table.name} SET (fillfactor = 90, autovacuum_enabled = false)",
            f"ALTER TABLE {table.name} OWNER TO {APPLICATION}",
        )

    yield change
    for table in changed:
        run(
            f"ALTER TABLE {table.name} OWNER TO CURRENT_USER",
            f"REVOKE CREATE ON SCHEMA public FROM {APPLICATION}",
            f"REVOKE ALL ON {table.name} FROM pg_monitor, PUBLIC",
            f"REVOKE UPDATE ({table.key}) ON {table.name} FROM PUBLIC",
            f"ALTER TABLE {table.name} RESET (fillfactor, autovacuum_enabled)",
        )


def run(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.parametrize("name", NAMES)
def test_the_new_table_is_to_the_database_what_the_old_one_was(busy, another_owner, name):
    another_owner(projection(name).table)
    before = catalog()
    for _ in range(2):
        rebuild(projection(name))
        assert catalog() == before


def test_a_migration_finds_the_indexes_by_their_names(busy):
    rebuild(projection("balances"))
    (index,) = Balance._meta.indexes
    other = models.Index("currency", name="balance_currency")
    with transaction.atomic(), connection.schema_editor() as editor:
        editor.remove_index(Balance, index)
        editor.add_index(Balance, other)
        editor.remove_index(Balance, other)
        editor.add_index(Balance, index)
    assert rebuild(projection("balances")).events > 0


def test_ten_rebuilds_under_those_who_write_and_those_who_read(busy):
    """Each reader sees all of the money, and never less of it than before."""
    over = threading.Event()

    def write():
        done = 0
        while not over.is_set():
            done += ask(pay("world", "cat", 1)).succeeded
        return done

    def read():
        seen = 0
        while not over.is_set():
            with snapshot(Balance, Entry):
                sums = Balance.objects.aggregate(d=Sum("debits"), c=Sum("credits"))
                entries = Entry.objects.count()
            assert sums["d"] == sums["c"] >= seen
            assert entries
            seen = sums["d"]
        return seen

    writers = [InThread(write) for _ in range(2)]
    readers = [InThread(read) for _ in range(2)]
    try:
        for _ in range(10):
            for name in ("balances", "entries"):
                rebuild(projection(name))
    finally:
        over.set()
    paid = sum(each.result() for each in writers)
    assert paid > 10
    assert all(each.result() for each in readers)
    assert Balance.objects.get(account="cat").credits == 100 + 16 // 2 + paid
    assert [found for each in projections() for found in differences(each)] == []


def test_it_waits_for_an_append_that_is_under_way_and_has_it_too(busy, monkeypatch):
    under_way, go_on = threading.Event(), threading.Event()
    before = Balance.objects.get(account="bob").posted

    def pay_slowly():
        with transaction.atomic():
            assert ask(pay("ann", "bob", 5)).succeeded
            under_way.set()
            assert go_on.wait(20)

    paying = InThread(pay_slowly)
    assert under_way.wait(20)
    monkeypatch.setattr(rebuilding, "sleep", lambda _: (go_on.set(), paying.result()))
    rebuild(projection("balances"))
    assert go_on.is_set()
    assert Balance.objects.get(account="bob").posted == before + 5
    assert list(differences(projection("balances"))) == []


def test_a_command_that_comes_during_the_swap_is_done_after_it(busy, monkeypatch):
    payments = []

    def look_on(self):
        payments.append(InThread(lambda: ask(pay("ann", "bob", 5))))
        until(blocked("advisory"), "the payment in front of the gate")
        swap(self)

    swap = building.Shadow.swap
    monkeypatch.setattr(building.Shadow, "swap", look_on)
    rebuild(projection("entries"))
    assert payments[0].result().succeeded
    assert Entry.objects.filter(account="bob", amount=5).count() == 1
    assert list(differences(projection("entries"))) == []


def test_who_uses_the_table_without_a_pause_is_told_of_and_nothing_is_lost(busy, monkeypatch):
    monkeypatch.setattr(rebuilding, "PATIENCE", -1.0)
    before = rows("balances")
    with another_connection() as other:
        other.execute("LOCK TABLE ledger_balance IN ACCESS SHARE MODE")
        with pytest.raises(RebuildRefused, match=r"in use for .* goes on from here"):
            rebuild(projection("balances"))
        assert rows("balances") == before
    assert rebuild(projection("balances")).events == 0
    assert rows("balances") == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("balances", "in EUR the debits are {0}, the credits are {1}"),
        ("entries", "the credits are {1}; the debits are {0}"),
    ],
)
def test_what_cannot_be_right_takes_nobodys_place(busy, monkeypatch, name, said):
    """Should the code that makes the table be wrong, nobody has to live with what it made."""
    table, really, wrong = projection(name), projection(name).change, []
    column = "debits" if name == "balances" else "amount"

    def err(row, event, recorded):
        really(row, event, recorded)
        if type(event).__name__ == "AccountDebited" and not wrong:
            setattr(row, column, getattr(row, column) + 1)
            wrong.append(row)

    before, total = rows(name), Balance.objects.aggregate(total=Sum("debits"))["total"]
    monkeypatch.setattr(table, "change", err)
    with pytest.raises(RebuildRefused, match=said.format(total + 1, total)):
        rebuild(table)
    assert rows(name) == before
    monkeypatch.setattr(table, "change", really)
    assert rebuild(table).events > 0
    assert rows(name) == before


def test_two_at_once_refuse_each_other_but_not_those_of_other_tables(busy, monkeypatch):
    said = []

    def meanwhile(done, end):
        if not said:
            said.append(InThread(lambda: rebuild(projection("balances"))))
            with pytest.raises(RebuildRefused, match="balances is being rebuilt already"):
                said[0].result()
            assert InThread(lambda: rebuild(projection("holds"))).result().events > 0

    assert rebuild(projection("balances"), meanwhile).events > 0
    assert said
    assert rebuild(projection("balances")).events > 0


@pytest.mark.parametrize(
    ("failpoint", "again"),
    [
        ("while it loads", False),
        ("without its indexes", False),
        ("during the swap", False),
        ("before the old one is gone", True),
    ],
)
def test_one_that_is_killed_changes_nothing_and_goes_on_where_it_was(busy, failpoint, again):
    before, names = rows("entries"), catalog()
    killed("tests.examples.crashing_rebuild", failpoint)
    assert rows("entries") == before
    ask(pay("ann", "bob", 7))
    now = rows("entries")
    assert len(now) == len(before) + 2
    done = rebuild(projection("entries")).events
    assert done == len(now) if again else 2 <= done < len(now)
    assert rows("entries") == now
    assert catalog() == names


def test_what_other_code_has_begun_is_thrown_away(busy, monkeypatch):
    killed("tests.examples.crashing_rebuild", "during the swap")
    monkeypatch.setattr(projection("entries"), "fingerprint", "of newer code")
    assert rebuild(projection("entries")).events == Entry.objects.count()
    assert ProjectionState.objects.get(name="entries").fingerprint == "of newer code"


def test_an_append_passes_the_gate_with_the_patience_that_it_has_for_the_position(busy):
    before = rows("transfers")
    with transaction.atomic():
        gate.close()
        paying = InThread(lambda: ask(pay("ann", "bob", 5)))
        until(blocked("advisory"), "the payment in front of the gate")
        assert rows("transfers") == before
    assert paying.result().succeeded
