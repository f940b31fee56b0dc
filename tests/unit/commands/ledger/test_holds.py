"""Holds: placed on what is available, and ended once."""

from datetime import date, timedelta

import pytest

from commands.engine.errors import Forbidden
from commands.ledger.messages import CaptureHold, ExpireHolds, PlaceHold, ReleaseHold
from commands.ledger.refusals import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    BooksClosed,
    CurrencyMismatch,
    ExceedsHold,
    HoldNotFound,
    HoldNotOpen,
    HoldNotPossible,
    InsufficientFunds,
    PayeeMismatch,
    PayeeMissing,
    PayeeUnavailable,
    SameAccount,
    TooManyCaptures,
    TooManyHolds,
)
from eventstore.events import ledger
from eventstore.events.ledger import (
    AccountCredited,
    HoldCaptured,
    HoldExpired,
    HoldPlaced,
    HoldReleased,
    OverdraftLimitChanged,
    TransferPosted,
)
from tests.examples.ledger import closed, credit, credited, debit, frozen, held, opened, pay
from tests.examples.people import ANN, BOB, EVE, PRODUCT, SAM, VIC
from tests.specs import NOW, given, uuid

H, T, TODAY = uuid(1), uuid(7), date(2026, 11, 23)
A_MINUTE = timedelta(minutes=1)


def accounts():
    """Ann has 5.00 euros, Bob nothing."""
    return opened("ann", ANN), opened("bob", BOB), credited("ann", 500)


def place(**about):
    return PlaceHold(**{"account": "ann", "amount": 300, "hold": H, **about})


def capture(**about):
    return CaptureHold(**{"account": "ann", "hold": H, "transfer": T, **about})


# --- placed ----------------------------------------------------------------------------------


def test_it_sets_a_part_of_what_is_available_aside():
    given(*accounts()).by(ANN).when(place(expires_in=60, payee="bob", reference="r")).then(
        (
            "account-ann",
            HoldPlaced(hold=H, amount=300, expires_at=NOW + A_MINUTE, payee="bob", reference="r"),
        )
    )


def test_what_is_held_is_not_available_twice():
    given(*accounts(), held("ann", 300, uuid(2))).when(place()).then_refused(
        InsufficientFunds, available=200, requested=300
    )


def test_what_is_held_is_not_spent():
    given(*accounts(), held("ann", 300, H)).when(pay("ann", "bob", 201)).then_refused(
        InsufficientFunds, available=200
    )


def test_an_overdraft_may_be_held_too():
    given(opened("ann", overdraft_limit=300)).when(place()).then(
        ("account-ann", HoldPlaced(hold=H, amount=300))
    )


@pytest.mark.parametrize(
    ("person", "about", "refusal"),
    [
        (EVE, {}, AccountNotFound),
        (SAM, {"account": "nobody"}, AccountNotFound),
        (VIC, {}, Forbidden),
        (ANN, {"payee": "ann"}, SameAccount),
        (ANN, {"payee": "nobody"}, PayeeUnavailable),
        (SAM, {"payee": "nobody"}, AccountNotFound),
        (ANN, {"payee": "usd"}, PayeeUnavailable),
        (SAM, {"payee": "usd"}, CurrencyMismatch),
        (ANN, {"payee": "gone"}, PayeeUnavailable),
        (SAM, {"payee": "gone"}, AccountClosed),
        (ANN, {"payee": "ice"}, PayeeUnavailable),
        (SAM, {"payee": "ice"}, AccountFrozen),
        (ANN, {"payee": "cash"}, PayeeUnavailable),
        (SAM, {"account": "cash"}, HoldNotPossible),
        (SAM, {"account": "gone"}, AccountClosed),
        (SAM, {"account": "ice"}, AccountFrozen),
    ],
)
def test_it_is_refused(person, about, refusal):
    given(
        *accounts(),
        opened("usd", currency="USD"),
        opened("cash", normal_balance="debit"),
        opened("gone"),
        closed("gone"),
        opened("ice"),
        frozen("ice"),
    ).by(person).when(place(**about)).then_refused(refusal)


def test_an_account_has_only_so_many():
    given(*accounts(), held("ann", 1, uuid(2))).with_at_most(1).when(place()).then_refused(
        TooManyHolds, account="ann", limit=1
    )


# --- captured --------------------------------------------------------------------------------


def test_a_capture_debits_the_payer_and_credits_the_payee():
    given(*accounts(), held("ann", 300, H, payee="bob", reference="r")).by(BOB).when(
        capture()
    ).then(
        ("account-ann", HoldCaptured(hold=H, amount=300, transfer=T, effective_on=TODAY)),
        (
            f"transfer-{T}",
            TransferPosted(
                legs=(debit("ann", 300), credit("bob", 300)), effective_on=TODAY, reference="r"
            ),
        ),
        ("account-bob", AccountCredited(transfer=T, amount=300, effective_on=TODAY)),
    )


def states_after(*happened, code="ann"):
    return given(*accounts(), *happened).fold[f"account-{code}"]


def captured(amount, *, final=True, hold=H):
    event = HoldCaptured(hold=hold, amount=amount, transfer=T, effective_on=TODAY, final=final)
    return "account-ann", event


def test_what_a_final_capture_leaves_is_available_again():
    ann = states_after(held("ann", 300, H), captured(100))
    assert (ann.posted, ann.held, ann.available) == (400, 0, 400)


def test_another_capture_may_follow_one_that_is_not_final():
    ann = states_after(held("ann", 300, H), captured(100, final=False))
    assert (ann.posted, ann.held, ann.available) == (400, 200, 200)
    given(*accounts(), held("ann", 300, H, payee="bob"), captured(100, final=False)).when(
        capture(amount=201)
    ).then_refused(ExceedsHold, remaining=200, requested=201)


def test_a_capture_of_all_that_is_left_ends_it_whatever_was_said():
    ann = states_after(held("ann", 300, H), captured(300, final=False))
    assert (ann.holds, ann.ended.status) == ({}, "captured")


def test_a_capture_never_fails_for_funds():
    """The limit was lowered below what is used, after the hold was placed."""
    lowered = ("account-ann", OverdraftLimitChanged(overdraft_limit=0, reason="Less"))
    overdrawn = given(
        opened("ann", overdraft_limit=300), opened("bob"), held("ann", 300, H, payee="bob"), lowered
    )
    assert overdrawn.fold["account-ann"].available == -300
    assert overdrawn.when(capture()).refusal is None


@pytest.mark.parametrize(
    ("person", "about", "refusal"),
    [
        (EVE, {}, AccountNotFound),
        (ANN, {}, Forbidden),
        (VIC, {}, Forbidden),
        (SAM, {"hold": uuid(9)}, HoldNotFound),
        (EVE, {"hold": uuid(9)}, AccountNotFound),
        (SAM, {"account": "bob"}, HoldNotFound),
        (SAM, {"payee": "usd"}, PayeeMismatch),
        (SAM, {"amount": 301}, ExceedsHold),
        (SAM, {"hold": uuid(2)}, PayeeMissing),
        (SAM, {"hold": uuid(2), "payee": "ann"}, SameAccount),
        (SAM, {"hold": uuid(2), "payee": "nobody"}, AccountNotFound),
        (SAM, {"hold": uuid(2), "payee": "usd"}, CurrencyMismatch),
        (SAM, {"hold": uuid(2), "payee": "gone"}, AccountClosed),
        (SAM, {"hold": uuid(2), "payee": "ice"}, AccountFrozen),
        (SAM, {"hold": uuid(2), "payee": "cash"}, InsufficientFunds),
        (BOB, {"hold": uuid(2), "payee": "bob"}, AccountNotFound),
        (SAM, {"hold": uuid(3)}, HoldNotOpen),
        (BOB, {"hold": uuid(3)}, HoldNotOpen),
        (EVE, {"hold": uuid(3)}, AccountNotFound),
    ],
)
def test_a_capture_is_refused(person, about, refusal):
    given(
        *accounts(),
        opened("usd", currency="USD"),
        opened("cash", normal_balance="debit"),
        opened("gone"),
        closed("gone"),
        opened("ice"),
        frozen("ice"),
        held("ann", 300, H, payee="bob"),
        held("ann", 5, uuid(2)),
        held("ann", 5, uuid(3), payee="bob"),
        ("account-ann", HoldReleased(hold=uuid(3))),
    ).by(person).when(capture(**about)).then_refused(refusal)


def test_a_hold_is_captured_in_so_many_parts_and_then_for_good():
    parts = [captured(1, final=False) for _ in range(99)]
    before = given(*accounts(), held("ann", 300, H, payee="bob"), *parts)
    before.when(capture(amount=1, final=False)).then_refused(TooManyCaptures, limit=100)
    assert before.when(capture(amount=1)).refusal is None


def test_no_capture_is_of_a_closed_day():
    """Yesterday's book was closed where it was another day already."""
    closed_today = ("book-main", ledger.BooksClosed(through=TODAY, reason="Done"))
    given(*accounts(), held("ann", 300, H, payee="bob"), closed_today).when(capture()).then_refused(
        BooksClosed
    )


@pytest.mark.parametrize("prefix", ["bob", "ann", "cat"])
def test_a_token_reaches_only_what_is_under_its_prefix(prefix):
    """Who operates under a prefix sees both accounts, or ends no hold between them."""
    before = given(*accounts(), held("ann", 300, H, payee="bob"))
    answer = before.by(SAM.under(prefix)).when(capture())
    assert isinstance(answer.refusal, AccountNotFound if prefix == "cat" else Forbidden)


def test_a_frozen_payer_is_not_debited():
    given(*accounts(), held("ann", 300, H, payee="bob"), frozen("ann", "debits")).when(
        capture()
    ).then_refused(AccountFrozen, account="ann", scope="debits")


# --- released, expired -----------------------------------------------------------------------


@pytest.mark.parametrize("person", [BOB, SAM])
def test_it_is_released_by_the_payee_and_by_staff_even_if_frozen(person):
    given(*accounts(), held("ann", 300, H, payee="bob"), frozen("ann")).by(person).when(
        ReleaseHold(account="ann", hold=H, reason="No show")
    ).then(("account-ann", HoldReleased(hold=H, reason="No show")))


def test_who_owns_the_account_alone_may_not_release_it():
    given(*accounts(), held("ann", 300, H)).by(ANN).when(
        ReleaseHold(account="ann", hold=H)
    ).then_refused(Forbidden)


def test_those_whose_time_is_over_expire_together():
    overdue = (
        held("ann", 1, uuid(1), until=NOW),
        held("ann", 2, uuid(2), until=NOW + A_MINUTE),
        held("ann", 4, uuid(3), until=NOW - A_MINUTE),
    )
    expire = ExpireHolds(account="ann")
    given(*accounts(), *overdue).by(PRODUCT).when(expire).then(
        ("account-ann", HoldExpired(holds=(uuid(1), uuid(3))))
    )
    ann = states_after(*overdue, ("account-ann", HoldExpired(holds=(uuid(1), uuid(3)))))
    assert (ann.held, list(ann.holds), ann.due_at) == (2, [uuid(2)], NOW + A_MINUTE)


def test_so_many_expire_at_a_time_as_fit_into_one_event():
    overdue = [held("ann", 1, uuid(number), until=NOW) for number in range(1_001)]
    answer = given(opened("ann"), *overdue).by(PRODUCT).when(ExpireHolds(account="ann"))
    assert len(answer.changes["account-ann"].holds) == 1_000


def test_nothing_expires_twice():
    given(*accounts()).by(PRODUCT).when(ExpireHolds(account="ann")).then()


def test_only_the_product_itself_expires_holds():
    given(*accounts()).when(ExpireHolds(account="ann")).then_refused(Forbidden)
