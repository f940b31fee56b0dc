"""What others hold: it is waited for without being in anybody's way, and never taken for a no."""

import asyncio
import threading

import pytest
from django.db import connection, transaction

from commands.engine import deciding, writer
from commands.engine.batch import Batch
from commands.engine.deciding import decide, settle
from commands.engine.dispatch import dispatch
from commands.engine.errors import Busy, HeldElsewhere, OutcomeUnknown
from commands.engine.models import Request
from commands.engine.run import Patience
from commands.ledger.messages import ReverseTransfer
from eventstore import contention
from eventstore.store import latest_position, lock
from tests.examples.asking import ask, asking, rich
from tests.examples.connections import HEAD, InThread, another_connection, blocked, until
from tests.examples.ledger import open_account, pay
from tests.examples.people import EVE
from tests.examples.slow import stuck
from tests.examples.worlds import again

pytestmark = pytest.mark.django_db(transaction=True)

BALANCE = "SELECT FROM ledger_balance WHERE account = '{}' FOR UPDATE"


@pytest.fixture(autouse=True)
def accounts():
    for code in ("ann", "bob", "cat", "dan"):
        rich(code, 100)


@pytest.fixture
def working():
    yield writer.start()
    writer.stop()


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
    """Not at a row, which would be set aside: a trigger of its own waits for something else."""
    with stuck("cat") as go_on:
        waiting = InThread(lambda: dispatch(asking(pay("cat", "dan", 1))))
        until(blocked("advisory"), "the batch that is stuck")
        assert dispatch(asking(pay("ann", "bob", 1))).succeeded
        assert waiting.is_alive()
        go_on()
        assert waiting.result().succeeded


@pytest.mark.parametrize("held", [BALANCE, "LOCK TABLE ledger_balance"], ids=["row", "table"])
def test_a_row_of_a_read_table_that_others_hold_is_set_aside_with_its_account(
    working, settings, held
):
    """In one batch with the account of somebody else."""
    settings.DAYBOOK_COMMAND_DEADLINE = 0.5

    async def both():
        calls = [
            writer.adispatch(asking(pay(*pair, 1))) for pair in (("cat", "dan"), ("ann", "bob"))
        ]
        return await asyncio.gather(*calls, return_exceptions=True)

    with another_connection() as other:
        other.execute(held.format("cat"))
        held_up, free = asyncio.run(both())
        assert isinstance(held_up, Busy)
        assert isinstance(free, Busy) if held != BALANCE else free.succeeded
    assert all(each.succeeded for each in asyncio.run(both()))


def test_who_turns_out_to_need_more_is_told_what_came_of_their_own(monkeypatch):
    """Only when a transfer is committed, meanwhile, it is known whose it is to undo it."""
    posted, real = pay("ann", "bob", 5), contention.held

    def held(*said, **more):
        found = real(*said, **more)
        other.rollback()
        InThread(lambda: ask(posted)).result()
        return found

    monkeypatch.setattr(contention, "held", held)
    undone = asking(ReverseTransfer(transfer=posted.transfer, reason="A mistake"))
    waits, paid = asking(pay("dan", "bob", 1)), asking(pay("ann", "cat", 1))
    with another_connection() as other:
        other.execute(HEAD.format("bob"))
        first, second, third = settle([undone, waits, paid])
    assert (first.request, first.status) == (undone.id, "succeeded")
    assert isinstance(second, HeldElsewhere)
    assert (third.request, third.status) == (paid.id, "succeeded")


@pytest.mark.parametrize("awaited", [True, False])
def test_what_is_still_being_decided_at_its_deadline_is_unknown(
    working, monkeypatch, settings, awaited
):
    settings.DAYBOOK_COMMAND_DEADLINE = 0.2
    monkeypatch.setattr(writer, "GRACE", 0.2)
    asked = asking(pay("cat", "dan", 1), key="k")
    with stuck("cat") as go_on:
        with pytest.raises(OutcomeUnknown) as unknown:
            asyncio.run(writer.adispatch(asked)) if awaited else InThread(
                lambda: dispatch(asked)
            ).result()
        assert unknown.value.facts == {"request": str(asked.id)}
        go_on()
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


def test_what_is_held_is_seen_without_holding_anything():
    modes = dict.fromkeys(["account-ann", "account-bob", "account-new", "account-none"], "UPDATE")
    with another_connection() as other, transaction.atomic():
        other.execute(HEAD.format("bob"))
        other.execute("INSERT INTO eventstore_stream (name, version) VALUES ('account-new', 0)")
        held = contention.held(modes, insert=["account-new", "account-none"])
        assert held == {"account-bob", "account-new"}
        # Also while our own transaction goes on.
        found = other.execute(HEAD.format("ann").replace("FROM", "1 FROM") + " NOWAIT").fetchall()
        assert found == [(1,)]
        inserted = "INSERT INTO eventstore_stream (name, version) VALUES ('account-none', 0)"
        other.execute("SET LOCAL lock_timeout = '100ms'")
        assert other.execute(inserted).rowcount == 1


def test_an_account_whose_head_another_gives_up_is_opened_all_the_same(monkeypatch):
    """The other has no use for the head that both found."""
    with transaction.atomic():
        lock("account-new")
    monkeypatch.setattr(deciding, "PATIENCE", Patience(rows=20_000, position=20_000))
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
