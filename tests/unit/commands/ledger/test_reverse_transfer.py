"""Undoing a transfer by another one."""

from datetime import date

import pytest

from commands.engine.errors import Forbidden
from commands.ledger.messages import ReverseTransfer
from commands.ledger.refusals import (
    AccountClosed,
    AccountFrozen,
    AlreadyReversed,
    BooksClosed,
    DateInFuture,
    DateInPast,
    InsufficientFunds,
    NotReversible,
    TransferNotFound,
)
from eventstore.events import ledger
from eventstore.events.ledger import (
    AccountCredited,
    AccountDebited,
    TransferPosted,
    TransferReversed,
)
from tests.examples.ledger import closed, credit, credited, debit, frozen, opened, world
from tests.examples.people import ANN, BOB, EVE, FLO, SAM, VIC
from tests.specs import given, uuid

T, R, TODAY = uuid(7), uuid(8), date(2026, 11, 23)
STREAM = f"transfer-{T}"


def posted(**about):
    """1.00 euros came to Ann, who has them still."""
    legs = debit("world", 100), credit("ann", 100)
    event = TransferPosted(legs=legs, effective_on=date(2026, 10, 1), reference="r-1", **about)
    return opened("ann", ANN), world(), credited("ann", 100), (STREAM, event)


def undo(**about):
    return ReverseTransfer(**{"transfer": T, "reason": "Twice", "reversal": R, **about})


def test_it_posts_the_legs_with_their_sides_swapped_and_links_both():
    given(*posted()).when(undo()).then(
        (
            f"transfer-{R}",
            TransferPosted(
                legs=(credit("world", 100), debit("ann", 100)),
                effective_on=TODAY,
                description="Twice",
                reference="r-1",
                reverses=T,
            ),
        ),
        (STREAM, TransferReversed(reversal=R, reason="Twice")),
        ("account-world", AccountCredited(transfer=R, amount=100, effective_on=TODAY)),
        ("account-ann", AccountDebited(transfer=R, amount=100, effective_on=TODAY)),
    )


def test_it_has_no_earlier_date_than_what_it_undoes():
    given(*posted()).when(undo(effective_on=date(2026, 9, 30))).then_refused(
        DateInPast, effective_on="2026-09-30", earliest="2026-10-01"
    )
    assert given(*posted()).when(undo(effective_on=date(2026, 10, 1))).refusal is None


def test_it_happens_once():
    before = (STREAM, TransferReversed(reversal=R, reason="Twice"))
    given(*posted(), before).when(undo(reversal=uuid(9))).then_refused(
        AlreadyReversed, transfer=str(T), reversed_by=str(R)
    )


def test_what_undoes_a_transfer_is_not_undone():
    given(*posted(reverses=uuid(3))).when(undo()).then_refused(
        NotReversible, transfer=str(T), reverses=str(uuid(3))
    )


@pytest.mark.parametrize(
    ("person", "refusal"),
    [(ANN, Forbidden), (VIC, Forbidden), (EVE, TransferNotFound), (BOB, TransferNotFound)],
)
def test_it_is_for_those_who_operate(person, refusal):
    given(*posted()).by(person).when(undo()).then_refused(refusal)


def test_there_must_be_such_a_transfer():
    given().when(undo()).then_refused(TransferNotFound, transfer=str(T))


def spent():
    return *posted(), ("account-ann", AccountDebited(transfer=T, amount=1, effective_on=TODAY))


def test_what_was_spent_since_is_not_taken_back_but_by_force():
    given(*spent()).when(undo()).then_refused(InsufficientFunds, available=99, requested=100)
    given(*spent()).by(SAM).when(undo(force=True)).then_refused(Forbidden)
    assert given(*spent()).by(FLO).when(undo(force=True)).refusal is None


@pytest.mark.parametrize(
    ("happened", "about", "refusal"),
    [
        (frozen("ann"), {"force": True}, AccountFrozen),
        (closed("ann"), {"force": True}, AccountClosed),
        (frozen("world", "credits"), {}, AccountFrozen),
        (
            ("book-main", ledger.BooksClosed(through=date(2026, 10, 31), reason="Done")),
            {"effective_on": date(2026, 10, 31)},
            BooksClosed,
        ),
        (frozen("ann", "credits"), {"effective_on": date(2026, 11, 24)}, DateInFuture),
    ],
)
def test_it_respects_what_every_transfer_does(happened, about, refusal):
    given(*posted(), happened).by(FLO).when(undo(**about)).then_refused(refusal)
