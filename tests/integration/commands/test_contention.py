"""What others hold: it is waited for without being in anybody's way, and never taken for a no."""

import asyncio
import io
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from commands.engine import writer
from commands.engine.batch import Batch
from commands.engine.deciding import decide, insist
from commands.engine.dispatch import dispatch
from commands.engine.errors import Busy, OutcomeUnknown
from commands.engine.models import Request
from eventstore import contention
from eventstore.store import latest_position, lock
from projections.ledger.models import Balance
from tests.examples.asking import ask, asking, rich
from tests.examples.connections import InThread, another_connection, blocked, until
from tests.examples.ledger import open_account, pay
from tests.examples.people import EVE
from tests.examples.worlds import again

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = "SELECT FROM eventstore_stream WHERE name = 'account-{}' FOR UPDATE"
BALANCE = "SELECT FROM ledger_balance WHERE account = '{}' FOR UPDATE"
COLUMNS = "reference,effective_on,debit,credit,amount,currency,description"


@pytest.fixture(autouse=True)
def accounts():
    for code in ("ann", "bob", "cat", "dan"):
        rich(code, 100)


@pytest.fixture
def working():
    yield writer.start()
    writer.stop()


def posted(code):
    return Balance.objects.get(account=code).posted


def file_of(tmp_path, count, debit="ann", credit="bob"):
    path = tmp_path / "transfers.csv"
    lines = [f"r-{n},,{debit},{credit},0.01,EUR," for n in range(count)]
    path.write_text("\n".join([COLUMNS, *lines, ""]))
    return path


def imported(path):
    output = io.StringIO()
    call_command("import_transfers", str(path), stdout=output, stderr=io.StringIO())
    return output.getvalue()


# --- who decides without a writer --------------------------------------------------------------


def test_who_waits_for_a_held_account_holds_no_other_meanwhile():
    with another_connection() as other:
        other.execute(HEAD.format("cat"))
        waiting = InThread(lambda: insist([asking(pay("ann", code, 1)) for code in ("bob", "cat")]))
        until(lambda: posted("bob") == 101, "the half that nobody is in the way of")
        assert dispatch(asking(pay("ann", "dan", 1))).succeeded
        assert waiting.is_alive()
    assert [each.status for each in waiting.result()] == ["succeeded"] * 2


def test_who_decides_without_a_writer_waits_until_the_deadline_and_no_longer(settings):
    settings.DAYBOOK_COMMAND_DEADLINE = 0.3
    with another_connection() as other:
        other.execute(HEAD.format("cat"))
        with pytest.raises(Busy):
            dispatch(asking(pay("ann", "cat", 1)))
        assert dispatch(asking(pay("ann", "bob", 1))).succeeded


def test_an_import_stops_at_what_is_held_and_goes_on_there(settings, tmp_path):
    settings.DAYBOOK_COMMAND_DEADLINE = 0.3
    path = file_of(tmp_path, 3)
    with another_connection() as other:
        other.execute(HEAD.format("bob"))
        with pytest.raises(CommandError, match="run it again"):
            imported(path)
    assert imported(path).startswith("3 imported, 0 there already, 0 refused")
    assert list(tmp_path.iterdir()) == [path]


def test_two_imports_of_one_file_refuse_nothing(tmp_path):
    path = file_of(tmp_path, 600, debit="world")
    said = [each.result() for each in [InThread(lambda: imported(path)) for _ in range(2)]]
    assert all("0 refused" in each for each in said)
    assert posted("bob") == 700
    assert list(tmp_path.iterdir()) == [path]


# --- the writer --------------------------------------------------------------------------------


def test_an_account_held_in_turns_is_had_beside_one_that_is_held_for_long(working):
    """As another process does that writes batch after batch."""
    done = threading.Event()

    def take_turns():
        with another_connection() as other:
            while not done.is_set():
                other.execute(HEAD.format("bob"))
                done.wait(0.1)
                other.commit()
                done.wait(0.02)

    with another_connection() as other:
        other.execute(HEAD.format("cat"))
        stuck = InThread(lambda: dispatch(asking(pay("ann", "cat", 1))))
        until(blocked("transactionid"), "the one that waits for long")
        turns = InThread(take_turns)
        try:
            for _ in range(3):
                assert dispatch(asking(pay("ann", "bob", 1))).succeeded
        finally:
            done.set()
        turns.result()
        assert stuck.is_alive()
    assert stuck.result().succeeded


def test_what_is_set_aside_is_left_alone_until_it_is_free(working, monkeypatch):
    asked, tried, looks = asking(pay("ann", "cat", 1)), [], []
    real_settle, real_held = writer.settle, contention.held
    monkeypatch.setattr(writer, "settle", lambda some: tried.append(some) or real_settle(some))
    monkeypatch.setattr(
        contention, "held", lambda *said, **more: looks.append(said) or real_held(*said, **more)
    )
    with another_connection() as other:
        other.execute(HEAD.format("cat"))
        waiting = InThread(lambda: dispatch(asked))
        until(lambda: len(looks) > 5, "several looks")
        assert len(tried) == 1
    assert waiting.result().succeeded
    assert len(tried) == 2


def test_while_one_batch_is_stuck_the_next_is_decided(working):
    """Not at its heads, which would be set aside, but at a row that is locked after them."""
    with another_connection() as other:
        other.execute(BALANCE.format("cat"))
        stuck = InThread(lambda: dispatch(asking(pay("cat", "dan", 1))))
        until(blocked("transactionid"), "the batch that is stuck")
        assert dispatch(asking(pay("ann", "bob", 1))).succeeded
        assert stuck.is_alive()
    assert stuck.result().succeeded


@pytest.mark.parametrize("awaited", [True, False])
def test_what_is_still_being_decided_at_its_deadline_is_unknown(
    working, monkeypatch, settings, awaited
):
    settings.DAYBOOK_COMMAND_DEADLINE = 0.2
    monkeypatch.setattr(writer, "GRACE", 0.2)
    asked = asking(pay("cat", "dan", 1), key="k")
    with another_connection() as other:
        other.execute(BALANCE.format("cat"))
        with pytest.raises(OutcomeUnknown) as unknown:
            asyncio.run(writer.adispatch(asked)) if awaited else InThread(
                lambda: dispatch(asked)
            ).result()
    assert unknown.value.facts == {"request": str(asked.id)}
    until(lambda: Request.objects.filter(id=asked.id).exists(), "the outcome")
    assert dispatch(again(asked)).replayed


def test_a_table_that_somebody_holds_is_given_up_at_the_deadline(working, settings):
    settings.DAYBOOK_COMMAND_DEADLINE = 0.3
    with another_connection() as other:
        other.execute("LOCK TABLE eventstore_stream")
        with pytest.raises(Busy):
            asyncio.run(writer.adispatch(asking(pay("ann", "bob", 1))))
    assert dispatch(asking(pay("ann", "bob", 1))).succeeded


# --- heads -------------------------------------------------------------------------------------


def test_what_is_held_is_seen_without_waiting_and_without_holding_anything():
    modes = dict.fromkeys(["account-ann", "account-bob", "account-new", "account-none"], "UPDATE")
    with another_connection() as other:
        other.execute(HEAD.format("bob"))
        other.execute("INSERT INTO eventstore_stream (name, version) VALUES ('account-new', 0)")
        held = contention.held(modes, insert=["account-new", "account-none"])
        assert held == {"account-bob", "account-new"}
    with another_connection() as other:
        other.execute(HEAD.format("ann") + " NOWAIT")
        other.execute("SELECT FROM eventstore_stream WHERE name = 'account-none'")
        assert contention.held(modes, insert=["account-none"]) == {"account-ann"}


def test_an_account_whose_head_another_gives_up_is_opened_all_the_same(monkeypatch):
    """The other has no use for the head that both found."""
    with transaction.atomic():
        lock("account-new")
    real, opening = Batch.write, []

    def write(self):
        if not opening:
            opening.append(InThread(lambda: decide([asking(open_account("new"))])))
            until(blocked("transactionid"), "the other who opens it")
        return real(self)

    monkeypatch.setattr(Batch, "write", write)
    assert decide([asking(open_account("new"), by=EVE)])[0].http_status == 403
    (opened,) = opening[0].result()
    assert opened.succeeded
    assert ask(pay("world", "new", 5)).succeeded
    with connection.cursor() as cursor:
        cursor.execute("SELECT version FROM eventstore_stream WHERE name = 'account-new'")
        assert cursor.fetchall() == [(2,)]
    assert latest_position() == opened.position + 3
