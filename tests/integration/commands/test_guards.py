"""What a rule reads stays as it was read until its command is written, whoever else is at work."""

from datetime import date
from threading import Event

import pytest
from django.db import transaction

from commands.engine import run as running
from commands.engine.deciding import settle
from commands.engine.errors import HeldElsewhere
from commands.engine.outcomes import Outcome
from commands.engine.run import run
from commands.ledger.messages import CaptureHold, CloseBooks, PlaceHold, ReverseTransfer
from tests.examples.asking import ask, asking, rich
from tests.examples.connections import InThread, blocked, until
from tests.examples.ledger import pay
from tests.examples.people import CLEO
from tests.specs import uuid

pytestmark = pytest.mark.django_db(transaction=True)

THEN = date(2026, 1, 31)
CLOSE = CloseBooks(through=THEN, reason="January")


@pytest.fixture(autouse=True)
def ledger():
    rich("ann", 500)
    rich("bob", 500)


def code(result):
    assert isinstance(result, Outcome), result
    return result.answer.get("code", "done")


def decided_until(event, *asked):
    """Decide these in a thread, in a transaction that is open until the event."""

    def work():
        with transaction.atomic():
            outcomes = run(list(asked))
            began.set()
            assert event.wait(20)
        return outcomes

    began = Event()
    thread = InThread(work)
    assert began.wait(20)
    return thread


def test_books_are_closed_between_transfers_that_never_cease():
    """Those that come later wait for the closing, which waits for those that were first."""
    end = Event()
    first = decided_until(end, asking(pay("ann", "world", 1, effective_on=THEN)))
    closing = InThread(lambda: transaction.atomic()(lambda: run([asking(CLOSE, by=CLEO)]))())
    until(blocked("advisory"), "the closing waits")
    later = InThread(lambda: run([asking(pay("bob", "world", 1, effective_on=THEN))]))
    end.set()
    assert [code(each) for thread in (first, closing, later) for each in thread.result()] == [
        "done", "done", "books-closed",
    ]  # fmt: skip


def test_transfers_do_not_wait_for_each_other_to_read_the_book():
    end = Event()
    first = decided_until(end, asking(pay("ann", "world", 1)))
    # Its position is not free before the first has ended; all before that is.
    second = InThread(lambda: run([asking(pay("bob", "cat", 1))]))
    assert [code(each) for each in second.result()] == ["account-not-found"]
    end.set()
    first.result()


def test_a_closing_that_is_refused_keeps_nobody_waiting():
    assert ask(CloseBooks(through=date(9999, 1, 1), reason="Never"), by=CLEO).http_status == 422
    assert ask(pay("ann", "bob", 1)).succeeded


@pytest.mark.parametrize(
    "command",
    [CaptureHold(account="ann", hold=uuid(1)), ReverseTransfer(transfer=uuid(2), reason="Twice")],
    ids=["capture", "reversal"],
)
def test_what_a_hold_or_a_transfer_concerns_is_locked_though_no_request_names_it(command):
    ask(PlaceHold(account="ann", amount=5, payee="bob", hold=uuid(1)))
    ask(pay("ann", "bob", 5, transfer=uuid(2)))
    end = Event()
    first = decided_until(end, asking(pay("bob", "world", 500)))
    (result,) = settle([asking(command)])
    assert isinstance(result, HeldElsewhere)
    assert "account-bob" in result.held
    end.set()
    first.result()
    (result,) = settle([asking(command)])
    assert code(result) == "done"


def test_a_hold_that_appears_while_its_capture_looks_for_it_is_found(monkeypatch):
    """Its payee is learned too late to be locked: the capture begins anew and then knows it."""
    real, looked = running._facts, []

    def look(asked, patience):
        found = real(asked, patience)
        if asked[0].command == capture:
            looked.append(bool(found))
            if len(looked) == 1:
                placed = asking(PlaceHold(account="ann", amount=5, payee="bob", hold=uuid(1)))
                InThread(lambda: run([placed])).result()
        return found

    capture = CaptureHold(account="ann", hold=uuid(1))
    monkeypatch.setattr(running, "_facts", look)
    (result,) = settle([asking(capture)])
    assert code(result) == "done"
    assert looked == [False, True]
