"""Standing orders: placed as a transfer is, run once for each date, and cancelled once."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from commands.engine.decider import entity_of
from commands.engine.errors import Forbidden
from commands.ledger.instruction_messages import (
    CancelStandingOrder,
    PlaceStandingOrder,
    RunStandingOrder,
)
from commands.ledger.refusals import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    CurrencyMismatch,
    DateInPast,
    OrderNotFound,
    OrderNotOpen,
    PayeeUnavailable,
    SameAccount,
)
from eventstore.events.ledger import (
    AccountCredited,
    AccountDebited,
    AccountDetailsChanged,
    BooksClosed,
    TransferPosted,
)
from eventstore.events.orders import (
    StandingOrderCancelled,
    StandingOrderPlaced,
    StandingOrderRun,
    StandingOrderSkipped,
)
from tests.examples.ledger import (
    closed,
    credit,
    credited,
    debit,
    frozen,
    opened,
    order_skipped,
    ordered,
)
from tests.examples.people import ANN, BOB, EVE, PRODUCT, SAM, VIC
from tests.specs import given, on, uuid

ORDER, T, TODAY = uuid(3), uuid(7), date(2026, 11, 23)
STREAM = f"order-{ORDER}"


def accounts():
    """Ann has 5.00 euros, Bob nothing."""
    return opened("ann", ANN), opened("bob", BOB), credited("ann", 500)


def place(**about):
    usual = {"payer": "ann", "payee": "bob", "amount": 300, "every": "month", "first_on": TODAY}
    return PlaceStandingOrder(**{**usual, "order": ORDER, **about})


def placed(owner=ANN, **about):
    usual = {"payer": "ann", "payee": "bob", "amount": 300, "every": "month", "first_on": TODAY}
    return StandingOrderPlaced(**{**usual, "owner": owner and owner.id, **about})


# --- placed ----------------------------------------------------------------------------------


def test_an_owner_places_one_that_is_theirs():
    about = {"last_on": on("2027-11-23"), "description": "Rent"}
    given(*accounts()).by(ANN).when(place(**about)).then((STREAM, placed(ANN, **about)))


def test_who_operates_the_ledger_places_one_that_is_nobodys():
    given(*accounts()).when(place()).then((STREAM, placed(None, told=SAM.id)))


def test_what_is_available_does_not_count_yet():
    given(*accounts()).by(ANN).when(place(amount=10**9)).then((STREAM, placed(amount=10**9)))


def test_it_is_refused_as_its_transfer_would_be():
    bare = accounts()
    given(*bare).by(VIC).when(place()).then_refused(Forbidden)
    given(*bare).by(EVE).when(place()).then_refused(AccountNotFound, account="ann")
    given(*bare).by(ANN).when(place(payee="ann")).then_refused(SameAccount)
    given(*bare).by(ANN).when(place(payee="no")).then_refused(PayeeUnavailable)
    given(*bare).when(place(payee="no")).then_refused(AccountNotFound, account="no")
    given(*bare, closed("bob")).by(ANN).when(place()).then_refused(PayeeUnavailable)
    given(*bare, closed("bob")).when(place()).then_refused(AccountClosed, account="bob")
    given(*bare, frozen("ann")).by(ANN).when(place()).then_refused(AccountFrozen, account="ann")
    other = opened("x", currency="USD")
    given(*bare, other).when(place(payee="x")).then_refused(CurrencyMismatch)


def test_who_does_not_see_the_payee_is_told_where_it_stands():
    assert given(*accounts()).by(ANN).when(place(payee="no")).refusal.pointer == "/to"
    assert given(*accounts()).when(place(payer="no")).refusal.pointer == "/from"


def test_who_operates_and_owns_the_payer_places_what_an_owner_may():
    """For it is run with an owner's rights: else each of its dates would be skipped."""
    before = *accounts(), opened("sams", SAM, overdraft_limit=None)
    till = opened("bob:till", BOB, normal_balance="debit", overdraft_limit=None)
    given(*before).when(place(payer="sams")).then(
        (STREAM, placed(SAM, payer="sams")),
    )
    ask = given(*before, till).when(place(payer="sams", payee="bob:till"))
    ask.then_refused(PayeeUnavailable)


def test_it_begins_today_or_later_and_ends_no_earlier_than_it_begins():
    early = given(*accounts()).when(place(first_on=on("2026-11-22")))
    early.then_refused(DateInPast, first_on="2026-11-22", earliest="2026-11-23")
    assert early.refusal.pointer == "/first_on"
    ends = given(*accounts()).when(place(last_on=on("2026-11-22")))
    ends.then_refused(DateInPast, last_on="2026-11-22", earliest="2026-11-23")
    assert ends.refusal.pointer == "/last_on"
    given(*accounts()).when(place(last_on=TODAY)).then(
        (STREAM, placed(None, last_on=TODAY, told=SAM.id))
    )


# --- run -------------------------------------------------------------------------------------


def run(*events, by=PRODUCT):
    return given(*accounts(), *events).by(by).when(RunStandingOrder(order=ORDER, transfer=T))


def paid(day, effective_on=None, description=""):
    effective_on = effective_on or day
    legs = debit("ann", 300), credit("bob", 300)
    posted = TransferPosted(legs=legs, effective_on=effective_on, description=description)
    return (
        (STREAM, StandingOrderRun(on=day, transfer=T)),
        (f"transfer-{T}", posted),
        ("account-ann", AccountDebited(transfer=T, amount=300, effective_on=effective_on)),
        ("account-bob", AccountCredited(transfer=T, amount=300, effective_on=effective_on)),
    )


def skipped(code, day=TODAY):
    return STREAM, StandingOrderSkipped(on=day, code=code)


@pytest.mark.parametrize("owner", [ANN, None])
def test_it_posts_the_transfer_of_a_date_that_has_come(owner):
    run(ordered(ORDER, owner, description="Rent")).then(*paid(TODAY, description="Rent"))


def test_it_posts_nothing_before_its_date():
    run(ordered(ORDER, first_on=on("2026-11-24"))).then()


def test_what_was_missed_has_the_date_on_which_it_was_due_and_comes_in_turn():
    daily = ordered(ORDER, every="day", first_on=on("2026-11-20"))
    run(daily).then(*paid(on("2026-11-20")))
    run(daily, order_skipped(ORDER, "2026-11-20")).then(*paid(on("2026-11-21")))


def test_of_a_date_something_comes_once():
    run(ordered(ORDER), order_skipped(ORDER, "2026-11-23")).then()


def test_a_date_for_which_the_books_are_closed_is_posted_on_the_first_open_one():
    books = ("book-main", BooksClosed(through=on("2026-11-21"), reason="Done"))
    run(ordered(ORDER, first_on=on("2026-11-20")), books).then(
        *paid(on("2026-11-20"), effective_on=on("2026-11-22"))
    )


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([ordered(ORDER, amount=501)], "insufficient-funds"),
        ([ordered(ORDER), frozen("ann", "debits")], "account-frozen"),
        ([ordered(ORDER), closed("ann")], "account-closed"),
        ([ordered(ORDER), frozen("bob", "credits")], "payee-unavailable"),
        ([ordered(ORDER, None), closed("bob")], "payee-unavailable"),
    ],
)
def test_a_date_that_a_rule_refuses_is_skipped(events, code):
    run(*events).then(skipped(code))


SOLD = ("account-ann", AccountDetailsChanged(owner=BOB.id))


def test_the_order_of_an_earlier_owner_takes_nothing_from_a_later_one():
    run(ordered(ORDER, ANN), SOLD).then(skipped("owner-changed"))
    run(ordered(ORDER, None), SOLD).then(*paid(TODAY))


def test_the_order_of_an_owner_takes_from_no_payee_that_is_theirs_no_more():
    till = opened("bob:till", ANN, normal_balance="debit", overdraft_limit=None)
    order = STREAM, placed(ANN, payee="bob:till")
    sold = "account-bob:till", AccountDetailsChanged(owner=BOB.id)
    assert STREAM in run(till, order).changes
    run(till, order, sold).then(skipped("payee-unavailable"))


def test_only_the_product_itself_runs_them():
    run(ordered(ORDER), by=SAM).then_refused(Forbidden)
    run().then_refused(OrderNotFound)


def test_after_its_last_date_it_has_ended():
    fold = given(
        *accounts(),
        ordered(ORDER, first_on=on("2026-10-31"), last_on=on("2026-12-30")),
        order_skipped(ORDER, "2026-10-31"),
    ).fold
    assert (fold[STREAM].next_on, fold[STREAM].status) == (on("2026-11-30"), "open")
    fold.apply(*order_skipped(ORDER, "2026-11-30"))
    assert (fold[STREAM].next_on, fold[STREAM].status) == (None, "ended")


def test_it_is_due_when_its_next_date_begins_in_the_time_zone_of_the_book():
    order = given(*accounts(), ordered(ORDER, first_on=on("2026-03-29"))).fold[STREAM]
    due = entity_of(STREAM).due
    assert due(order, UTC) == datetime(2026, 3, 29, tzinfo=UTC)
    assert due(order, ZoneInfo("Europe/Vienna")) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    # There was no midnight that night: the day began at one.
    clocks = given(*accounts(), ordered(ORDER, first_on=on("2018-11-04"))).fold[STREAM]
    assert due(clocks, ZoneInfo("America/Sao_Paulo")) == datetime(2018, 11, 4, 3, tzinfo=UTC)


# --- cancelled -------------------------------------------------------------------------------


def cancel(order=ORDER):
    return CancelStandingOrder(order=order, reason="Moved out")


CANCELLED = (STREAM, StandingOrderCancelled(reason="Moved out"))


@pytest.mark.parametrize("person", [ANN, SAM])
@pytest.mark.parametrize("owner", [ANN, None])
def test_it_is_cancelled_by_the_payers_owner_and_by_who_operates(person, owner):
    given(*accounts(), ordered(ORDER, owner)).by(person).when(cancel()).then(CANCELLED)


def test_a_later_owner_may_cancel_it_and_an_earlier_one_does_not_find_it():
    before = (*accounts(), ordered(ORDER, ANN), SOLD)
    given(*before).by(BOB).when(cancel()).then(CANCELLED)
    given(*before).by(ANN).when(cancel()).then_refused(OrderNotFound)


def test_nobody_else_may_cancel_it():
    before = (*accounts(), ordered(ORDER))
    given(*before).by(VIC).when(cancel()).then_refused(Forbidden)
    given(*before).by(BOB).when(cancel()).then_refused(OrderNotFound, order=str(ORDER))
    given(*before).when(cancel(uuid(4))).then_refused(OrderNotFound, order=str(uuid(4)))


def test_it_is_cancelled_once_and_not_after_its_end():
    before = (*accounts(), ordered(ORDER), CANCELLED)
    given(*before).when(cancel()).then_refused(OrderNotOpen, state="cancelled")
    ended = (*accounts(), ordered(ORDER, last_on=TODAY), order_skipped(ORDER, "2026-11-23"))
    given(*ended).when(cancel()).then_refused(OrderNotOpen, state="ended")


def test_nothing_is_posted_once_it_is_cancelled():
    run(ordered(ORDER), CANCELLED).then()
