"""Standing orders run by themselves: in turn, once for each date, and also when nobody looked."""

from datetime import UTC, date, datetime
from threading import Barrier

import pytest
from django.db import connection

from commands.engine.due import due
from commands.engine.models import Request
from commands.engine.run import rehearse, run
from commands.engine.sweep import sweep
from commands.ledger.instruction_messages import (
    CancelStandingOrder,
    PlaceStandingOrder,
    RunStandingOrder,
)
from commands.ledger.messages import ChangeAccountDetails, CloseBooks, PlaceHold
from eventstore import dues
from eventstore.store import read_stream
from projections.ledger.instruction_models import StandingOrder
from projections.ledger.models import Balance, Entry
from tests.examples.asking import ask, asking, rich
from tests.examples.clock import standing
from tests.examples.connections import InThread
from tests.examples.factories import user
from tests.examples.people import ANN, BOB, CLEO, PRODUCT, SAM
from tests.specs import on, uuid

ORDER = uuid(3)
STREAM = f"order-{ORDER}"


@pytest.fixture
def clock(db):
    """It is 2026-11-23, noon; Ann has 5.00, Bob nothing."""
    with standing() as clock:
        rich("ann", 500, owner=ANN)
        rich("bob", 0, owner=BOB)
        yield clock


def place(by=ANN, **about):
    usual = {"payer": "ann", "payee": "bob", "amount": 100, "every": "day",
             "first_on": date(2026, 11, 24)}  # fmt: skip
    assert ask(PlaceStandingOrder(**{**usual, "order": ORDER, **about}), by=by).succeeded


def noon(day):
    return datetime.combine(on(day), datetime.min.time(), UTC).replace(hour=12)


def came():
    """What came of each date, in order: its date, and the code of what refused it."""
    told = [(event.data["on"], event.data.get("code")) for event in read_stream(STREAM, after=1)]
    assert [day for day, _ in told] == sorted({day for day, _ in told})
    return told


def dates():
    """The business dates on which Bob was credited."""
    found = Entry.objects.filter(account="bob").order_by("position")
    return [str(day) for day in found.values_list("effective_on", flat=True)]


def sweep_all():
    while sweep():
        pass


def test_nothing_is_due_before_its_date_begins_in_the_books_time_zone(clock, settings):
    settings.DAYBOOK_BOOK_TIME_ZONE = "Europe/Vienna"
    place()
    clock.set(datetime(2026, 11, 23, 22, 59, 59, tzinfo=UTC))
    assert (dues.due(10), sweep()) == ([], 0)
    clock.advance(seconds=1)
    assert (dues.due(10), sweep()) == ([STREAM], 1)
    assert (dates(), came()) == (["2026-11-24"], [("2026-11-24", None)])
    assert sweep() == 0


def test_one_that_begins_today_is_due_at_once(clock):
    place(first_on=date(2026, 11, 23))
    assert sweep() == 1
    order = StandingOrder.objects.get()
    assert (str(order.next_on), str(order.done_on)) == ("2026-11-24", "2026-11-23")
    entry = Entry.objects.get(account="bob")
    assert (order.done_transfer, entry.amount) == (entry.transfer, 100)


def test_the_dates_of_a_time_when_no_worker_ran_are_run_in_turn(clock):
    place()
    clock.set(noon("2026-11-27"))
    sweep_all()
    assert dates() == ["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27"]
    clock.set(noon("2026-12-01"))
    sweep_all()
    assert came()[4:] == [
        ("2026-11-28", None),
        ("2026-11-29", "insufficient-funds"),
        ("2026-11-30", "insufficient-funds"),
        ("2026-12-01", "insufficient-funds"),
    ]
    assert Balance.objects.get(account="ann").posted == 0


def test_a_date_that_is_skipped_posts_nothing_and_the_next_one_is_run(clock):
    place(amount=501)
    clock.set(noon("2026-11-24"))
    assert sweep() == 1
    (row,) = Request.objects.filter(command="run_standing_order")
    assert (row.status, row.events, row.principal) == ("succeeded", 1, PRODUCT.id)
    assert row.answer["standing_order"]["last"]["code"] == "insufficient-funds"
    order = StandingOrder.objects.get()
    assert (order.done_code, str(order.next_on), dates()) == (
        "insufficient-funds", "2026-11-25", [],
    )  # fmt: skip


def test_what_was_due_in_a_closed_month_is_dated_on_the_first_open_day(clock):
    place(first_on=date(2026, 11, 30), every="month")
    clock.set(noon("2026-12-02"))
    ask(CloseBooks(through=date(2026, 11, 30), reason="Reconciled"), by=CLEO)
    sweep_all()
    assert (came(), dates()) == ([("2026-11-30", None)], ["2026-12-01"])


def test_after_its_last_date_it_is_due_no_more(clock):
    place(last_on=date(2026, 11, 25))
    clock.set(noon("2026-11-30"))
    sweep_all()
    assert dates() == ["2026-11-24", "2026-11-25"]
    assert dues.due(10) == []
    assert StandingOrder.objects.get().status == "ended"


def test_holds_whose_time_is_over_do_not_keep_it_from_its_money(clock):
    ask(PlaceHold(account="ann", amount=450, expires_in=3_600))
    place()
    clock.set(noon("2026-11-24"))
    run([due(STREAM)])
    assert came() == [("2026-11-24", None)]
    expired = [event.type for event in read_stream("account-ann")][-2:]
    assert expired == ["ledger.hold_expired", "ledger.account_debited"]


def test_who_cancels_it_pays_nothing_more_for_what_was_missed_neither(clock):
    place()
    clock.set(noon("2026-11-27"))
    assert ask(CancelStandingOrder(order=ORDER, reason="Moved out"), by=ANN).succeeded
    sweep_all()
    assert dates() == []
    assert dues.due(10) == []


def test_one_that_is_due_by_another_time_zone_keeps_nothing_behind_it_waiting(
    clock, settings, monkeypatch
):
    """The sweep does so many at a time, and what comes to nothing yet is the longest overdue."""
    monkeypatch.setattr("commands.engine.sweep.MOST", 1)
    settings.DAYBOOK_BOOK_TIME_ZONE = "Pacific/Auckland"
    place()
    settings.DAYBOOK_BOOK_TIME_ZONE = "UTC"
    rich("cat", 5)
    ask(PlaceHold(account="cat", amount=1, expires_in=60))
    clock.advance(minutes=1)
    assert sweep() == 1
    assert read_stream("account-cat")[-1].type == "ledger.hold_expired"
    assert (came(), dues.due(10)) == ([], [])
    clock.set(noon("2026-11-24"))
    assert sweep() == 1
    assert came() == [("2026-11-24", None)]


def test_a_later_owner_of_the_account_pays_nothing(clock):
    place()
    ask(ChangeAccountDetails(account="ann", owner=BOB.id))
    clock.set(noon("2026-11-24"))
    sweep_all()
    assert came() == [("2026-11-24", "owner-changed")]
    assert Balance.objects.get(account="ann").posted == 500
    clock.set(noon("2026-11-26"))
    sweep_all()
    assert came() == [("2026-11-24", "owner-changed")], "the order has ended with it"
    order = StandingOrder.objects.get()
    assert (order.status, order.next_on) == ("ended", None)
    assert dues.due(10) == []


def test_nor_where_who_placed_it_operates_the_ledger_but_did_so_as_the_owner(clock):
    assert ask(ChangeAccountDetails(account="ann", owner=user(SAM).id)).succeeded
    place(by=SAM)
    ask(ChangeAccountDetails(account="ann", owner=BOB.id))
    clock.set(noon("2026-11-24"))
    sweep_all()
    assert came() == [("2026-11-24", "owner-changed")]


def test_asked_twice_in_one_batch_it_is_run_once(clock):
    place()
    clock.set(noon("2026-11-24"))
    assert [each.events for each in run([due(STREAM), due(STREAM)])] == [4, 0]
    assert Request.objects.filter(command="run_standing_order").count() == 1


def test_a_rehearsal_shows_what_would_come_and_keeps_nothing(clock):
    place()
    clock.set(noon("2026-11-24"))
    outcome, _ = rehearse(asking(RunStandingOrder(order=ORDER), by=PRODUCT))
    assert outcome.body["standing_order"]["last"]["on"] == "2026-11-24"
    assert came() == []


def test_the_request_says_which_order_and_not_what_was_drawn_for_it(clock):
    assert due(STREAM).arguments == {"order": str(ORDER)}


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_run_each_date_once():
    rich("ann", 500)
    rich("bob", 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date")
        (today,) = cursor.fetchone()
    orders = [uuid(number) for number in range(1, 21)]
    for order in orders:
        about = {"every": "day", "first_on": today, "last_on": today}
        ask(PlaceStandingOrder(payer="ann", payee="bob", amount=1, order=order, **about))
    together = Barrier(2)

    def work():
        together.wait(10)
        sweep_all()

    for worker in [InThread(work), InThread(work)]:
        worker.result()
    sweep_all()
    assert Balance.objects.get(account="bob").posted == 20
    assert all(len(read_stream(f"order-{order}")) == 2 for order in orders)
    assert {each.status for each in StandingOrder.objects.all()} == {"ended"}
