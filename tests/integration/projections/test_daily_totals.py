"""What was posted to each account on each business date: the worker's table against the events."""

from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import connection

from commands.ledger.messages import CaptureHold, PlaceHold
from eventstore import verification
from eventstore.events.ledger import AccountCredited, AccountDebited, HoldCaptured, id_of
from eventstore.registry import load
from eventstore.store import checkpoint, latest_position, read_all
from projections.engine import follow as following
from projections.engine.differences import differences
from projections.engine.reading import consumer
from projections.engine.rebuild import rebuild
from projections.ledger import days
from projections.ledger.days import Step
from projections.ledger.models import Balance, DailyTotal
from projections.ledger.projectors import daily_totals
from tests.examples.asking import ask, rich
from tests.examples.following import follow
from tests.examples.ledger import open_account, pay

pytestmark = pytest.mark.django_db

EARLY, LATE = date(2025, 11, 30), date(2026, 2, 1)


@pytest.fixture
def busy():
    """Two currencies, both sides, holds captured in parts, days not in their order."""
    rich("ann", 500)
    ask(open_account("ann:usd", currency="USD", overdraft_limit=None))
    ask(open_account("bob:usd", currency="USD"))
    ask(open_account("till", normal_balance="debit"))
    for day in (LATE, EARLY, LATE):
        ask(pay("ann", "world", 10, effective_on=day))
        ask(pay("ann:usd", "bob:usd", 7, effective_on=day))
        ask(pay("till", "ann", 3, effective_on=day))
    held = PlaceHold(account="ann", amount=100, payee="world")
    ask(held)
    ask(CaptureHold(account="ann", hold=held.hold, amount=30, final=False))
    ask(CaptureHold(account="ann", hold=held.hold, amount=20))


def stored():
    return list(DailyTotal.objects.order_by("id").values())


def counted(upto=None):
    """Debits, credits and number by account and day, straight from the events."""
    found = Counter()
    for recorded in read_all(upto=upto, limit=None):
        event = load(recorded)
        if isinstance(event, AccountDebited | AccountCredited | HoldCaptured):
            key = id_of(recorded.stream), event.effective_on
            side = "credits" if isinstance(event, AccountCredited) else "debits"
            found[*key, side] += event.amount
            found[*key, "entries"] += 1
    keys = sorted({key[:2] for key in found})
    return [
        (account, day, *(found[account, day, name] for name in ("debits", "credits", "entries")))
        for account, day in keys
    ]


def rows():
    found = DailyTotal.objects.values_list("account", "day", "debits", "credits", "entries")
    return sorted(found)


@pytest.mark.parametrize("chunk", [1, 3, 500])
def test_a_day_has_what_its_events_come_to_however_many_are_applied_at_once(
    busy, monkeypatch, chunk
):
    monkeypatch.setattr(following, "CHUNK", chunk)
    assert rows() == []
    follow()
    assert rows() == counted()
    assert ("ann", EARLY, 10, 3, 2) in rows()
    assert checkpoint(consumer("daily_totals")) == latest_position()


def test_it_is_held_against_the_events_up_to_where_the_worker_is(busy):
    assert list(differences(daily_totals)) == []
    follow()
    reached = latest_position()
    ask(pay("ann", "world", 1))
    assert list(differences(daily_totals)) == []
    assert rows() == counted(upto=reached) != counted()


@pytest.mark.parametrize("column", ["account", "day", "debits", "credits", "entries"])
def test_a_column_that_was_tampered_with_is_named(busy, column):
    follow()
    value = {"account": "'zoe'", "day": "'2001-01-01'"}.get(column, f"{column} + 1")
    with connection.cursor() as cursor:
        sql = f"UPDATE ledger_dailytotal SET {column} = {value} WHERE id = 'ann@2025-11-30'"
        cursor.execute(sql)
    (found,) = differences(daily_totals)
    assert (found.key, found.columns) == ("ann@2025-11-30", [column])


def test_verify_knows_it_and_it_is_made_anew_as_it_was(busy):
    assert "daily_totals" in {each.name for each in verification.checks()}
    follow()
    before = stored()
    DailyTotal.objects.all().delete()
    rebuild(daily_totals)
    assert stored() == before
    ask(pay("ann", "world", 5, effective_on=EARLY))
    follow()
    assert rows() == counted()


def test_months_go_on_where_nothing_was_posted_and_keep_the_balance(busy):
    ask(pay("world", "till", 1, effective_on=EARLY))
    follow()
    till = Balance.objects.get(account="till")
    course = days.course(till)
    assert not course.by_day
    assert course.steps[:4] == [
        Step(date(2025, 11, 1), 3, 1, 2),
        Step(date(2025, 12, 1), 0, 0, 2),
        Step(date(2026, 1, 1), 0, 0, 2),
        Step(date(2026, 2, 1), 6, 0, 8),
    ]
    for code in ("ann", "ann:usd", "world", "till"):
        account = Balance.objects.get(account=code)
        assert days.course(account).steps[-1].balance == account.posted


def test_an_account_of_a_few_days_goes_by_day_also_where_nothing_was_posted():
    first = date(2025, 12, 30)
    rich("bob", 0)
    ask(open_account("till", normal_balance="debit"))
    for after, amount in ((3, 4), (0, 5), (3, 6)):
        ask(pay("till", "bob", amount, effective_on=first + timedelta(after)))
    follow()
    course = days.course(Balance.objects.get(account="till"))
    assert course.by_day
    assert course.steps == [
        Step(first, 5, 0, 5),
        Step(first + timedelta(1), 0, 0, 5),
        Step(first + timedelta(2), 0, 0, 5),
        Step(first + timedelta(3), 10, 0, 15),
    ]


@pytest.mark.parametrize(("apart", "by_day"), [(61, True), (62, False)])
def test_it_goes_by_month_from_so_many_days_on(apart, by_day):
    rich("ann", 0)
    for after in (0, apart):
        ask(pay("world", "ann", 1, effective_on=EARLY + timedelta(after)))
    follow()
    assert days.course(Balance.objects.get(account="ann")).by_day == by_day


def test_an_account_to_which_nothing_was_posted_has_no_course(busy):
    ask(open_account("new"))
    follow()
    assert days.course(Balance.objects.get(account="new")).steps == []


def test_accounts_whose_codes_begin_alike_are_told_apart(busy):
    follow()
    ann = Balance.objects.get(account="ann")
    assert {row.account for row in days.days(ann, limit=100)} == {"ann"}
    assert [row.day for row in days.days(ann, since=EARLY, until=LATE, limit=100)] == [EARLY, LATE]
