"""The roll-up: what it counts, and that it is what counting anew would give, whatever happens."""

import io
import json
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection

from commands.engine import endings, figures, housekeeping, patterns
from commands.engine.models import Burst, HourlyAccount, HourlyOutcome, Request, RollUp
from eventstore.working import PAUSE
from tests.examples.asking import ask, rich
from tests.examples.connections import InThread, another_connection
from tests.examples.history import HOUR, decided, insert_history
from tests.examples.ledger import pay
from tests.examples.people import ANN, BOB, SAM
from tests.examples.queueing import pay_later, row, work

pytestmark = pytest.mark.django_db(transaction=True)


def counted() -> list[object]:
    """All that is counted."""
    tables = (HourlyOutcome, HourlyAccount, Burst)
    return [sorted(table.objects.values_list()) for table in tables]


def anew() -> list[object]:
    patterns.forget()
    assert counted() == [[], [], []]
    count()
    return counted()


def count() -> None:
    patterns.catch_up(lambda reached, settled: None)


@pytest.fixture
def hours_later(monkeypatch):
    """It is some hours later than the clock says, so that what is decided now is in the past."""
    monkeypatch.setattr(patterns, "MARGIN", timedelta(hours=-3))


def outcomes() -> Counter[tuple[str, str, str]]:
    found = Counter()
    for each in HourlyOutcome.objects.all():
        found[each.command, each.status, each.code] += each.requests
    return found


# --- what is counted -------------------------------------------------------------------------


def test_each_request_is_counted_with_what_came_of_it(hours_later):
    rich("ann", 10, owner=ANN)
    rich("bob", 0, owner=BOB)
    ask(pay("ann", "bob", 11))
    cancelled, done = pay_later(1), pay_later(2)
    endings.cancel(row(cancelled), by=SAM.id)
    waiting = pay_later(3, not_before=datetime.now(UTC) + timedelta(days=1))
    work()
    count()
    assert row(done).status == "succeeded"
    assert row(waiting).status == "accepted"
    assert outcomes() == {
        ("open_account", "succeeded", ""): 3,
        ("post_transfer", "succeeded", ""): 2,
        ("post_transfer", "refused", "insufficient-funds"): 1,
        ("post_transfer", "refused", "cancelled"): 1,
    }
    touched = dict(HourlyAccount.objects.values_list("account", "requests"))
    assert touched == {"ann": 4, "bob": 3, "world": 2}


def test_what_is_not_over_yet_is_not_counted():
    insert_history([decided(datetime.now(UTC))])
    count()
    assert outcomes() == {}
    assert not RollUp.objects.exists()


def test_refusals_of_one_person_within_a_minute_are_a_burst():
    at = HOUR + timedelta(minutes=7)
    often, seldom = UUID(int=1), UUID(int=2)
    refused = {"status": "refused", "code": "insufficient-funds"}
    insert_history(
        [decided(at + timedelta(seconds=n), principal=often, **refused) for n in range(11)]
        + [decided(at, principal=often, status="refused", code="account-exists")]
        + [decided(at, principal=often, status="refused", code="cancelled")] * 20
        + [decided(at + timedelta(seconds=n), principal=seldom, **refused) for n in range(9)]
        + [decided(at, principal=seldom)] * 20
    )
    count()
    (burst,) = Burst.objects.values_list()
    assert burst == (at, often, at, at + timedelta(seconds=10), 12, "insufficient-funds")


def test_of_an_hour_that_is_over_the_busiest_accounts_are_kept(monkeypatch):
    monkeypatch.setattr(patterns, "QUIET_ACCOUNTS", patterns.QUIET_ACCOUNTS.replace("100", "2"))
    busy = [("c", 3), ("b", 2), ("a", 2), ("d", 1)]
    insert_history([decided(HOUR, accounts=[name]) for name, times in busy for _ in range(times)])
    count()
    assert dict(HourlyAccount.objects.values_list("account", "requests")) == {"c": 3, "a": 2}


# --- always the same as counting anew --------------------------------------------------------


def test_counting_step_by_step_is_counting_from_scratch(monkeypatch):
    draw, at, step = random.Random(1), HOUR + timedelta(minutes=11), timedelta(minutes=48)
    history = [_any(draw, at) for _ in range(2_000)]
    # Each is committed at some time before the clock has left its decision behind.
    steps = [draw.randint(0, (each["decided_at"] - at) // step) for each in history]
    for number in range(6):
        insert_history(each for each, when in zip(history, steps, strict=True) if when == number)
        monkeypatch.setattr(patterns, "MARGIN", datetime.now(UTC) - at - step * (number + 1))
        count()
        assert 0 < sum(outcomes().values()) <= len(history)
    assert sum(outcomes().values()) == len(history)
    assert counted() == anew()


def _any(draw: random.Random, since: datetime) -> dict:
    refused = draw.random() < 0.4
    code = draw.choice(["insufficient-funds", "account-exists", "cancelled"])
    return decided(
        since + timedelta(seconds=draw.randint(0, 4 * 3600)),
        took=draw.lognormvariate(1, 1),
        principal=UUID(int=draw.randint(1, 4)),
        accounts=draw.sample("abcdef", 2),
        **({"status": "refused", "code": code} if refused else {}),
    )


def test_one_that_is_committed_late_is_counted(hours_later):
    with another_connection() as late:
        _insert(late, 1)
        with another_connection() as sooner:
            _insert(sooner, 2)
            sooner.commit()
        count()
        before = RollUp.objects.values_list("counted_until", flat=True).first()
        assert before is None or before <= _oldest(late)
        late.commit()
    count()
    assert sum(outcomes().values()) == 3
    assert counted() == anew()


def _insert(other, number: int) -> None:
    """Requests that are decided now, in a transaction of its own."""
    insert_history([decided(datetime.now(UTC)) for _ in range(number)], other)


def _oldest(other) -> datetime:
    return other.execute("SELECT now()").fetchone()[0]


def test_a_transaction_that_has_written_nothing_holds_nothing_up(hours_later):
    with another_connection() as reader:
        reader.execute("SELECT 1")
        insert_history([decided(datetime.now(UTC))])
        count()
        assert sum(outcomes().values()) == 1


def test_one_of_the_queue_is_counted_when_it_is_decided(hours_later, monkeypatch):
    rich("ann", 500, owner=ANN)
    rich("bob", 0, owner=BOB)
    accepted = pay_later(1)
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    Request.objects.filter(id=accepted.request).update(received_at=long_ago)
    monkeypatch.setattr(patterns, "MARGIN", timedelta(0))
    count()
    assert not HourlyOutcome.objects.filter(queued=True).exists()
    work()
    monkeypatch.setattr(patterns, "MARGIN", timedelta(hours=-3))
    count()
    (waited,) = HourlyOutcome.objects.filter(queued=True)
    assert figures.milliseconds(waited.bucket) == pytest.approx(2 * 3600 * 1000, rel=0.05)
    assert counted() == anew()


def test_two_workers_count_nothing_twice(monkeypatch):
    insert_history([decided(HOUR + timedelta(minutes=n)) for n in range(600)])
    workers = [InThread(count) for _ in range(2)]
    for each in workers:
        each.result()
    count()
    assert sum(outcomes().values()) == 600
    assert counted() == anew()


def test_while_one_counts_another_goes_on_to_something_else():
    insert_history([decided(HOUR)])
    with another_connection() as first:
        first.execute(patterns.LOCK)
        assert patterns.roll_up() is None
        first.rollback()
        assert patterns.roll_up() is not None


def test_one_that_dies_leaves_all_as_it_was(monkeypatch):
    insert_history([decided(HOUR)])
    monkeypatch.setattr(patterns, "REACH", "SELECT 1 / 0")
    with pytest.raises(Exception, match="division by zero"):
        count()
    assert counted() == [[], [], []]
    monkeypatch.undo()
    count()
    assert sum(outcomes().values()) == 1


def test_times_are_told_to_within_five_percent():
    draw = random.Random(2)
    took = sorted(draw.lognormvariate(2, 2) for _ in range(999))
    insert_history([decided(HOUR, took=each) for each in took])
    count()
    told = figures.figures(HOUR, HOUR + timedelta(hours=1)).latencies[0].times
    for percent, milliseconds in zip((50, 95, 99), told, strict=True):
        assert milliseconds == pytest.approx(took[999 * percent // 100], rel=0.05)


def test_the_worker_counts_and_does_not_rest_before_it_is_done():
    insert_history([decided(HOUR + timedelta(hours=n)) for n in range(3)])
    pauses = []

    class Stop:
        def is_set(self):
            return False

        def wait(self, pause):
            pauses.append(pause)
            return len(pauses) > 1 and pause > 0

    housekeeping.run(Stop())
    assert sum(outcomes().values()) == 3
    assert pauses[0] == pauses[-1] == PAUSE
    assert set(pauses[1:-1]) == {0}


# --- by hand ---------------------------------------------------------------------------------


def test_an_operator_counts_anew():
    insert_history([decided(HOUR), decided(HOUR + timedelta(hours=2))])
    said = io.StringIO()
    call_command("roll_up", stdout=said)
    assert said.getvalue().startswith("Counted until ")
    before = counted()
    HourlyOutcome.objects.update(requests=7)
    call_command("roll_up", stdout=said)
    assert counted() != before
    call_command("roll_up", from_scratch=True, stdout=said)
    assert counted() == before


def test_a_program_is_told_how_far_they_are_counted():
    insert_history([decided(HOUR)])
    said = io.StringIO()
    call_command("roll_up", json=True, stdout=said)
    assert json.loads(said.getvalue())["counted_until"].endswith("Z")


# --- cost ------------------------------------------------------------------------------------


def test_a_minute_is_found_among_many_requests_by_the_index():
    insert_history([decided(HOUR + timedelta(seconds=n)) for n in range(20_000)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT brin_summarize_new_values('request_decided')")
        cursor.execute("ANALYZE commands_request")
        during = {"begin": HOUR, "end": HOUR + timedelta(minutes=1), "hour": HOUR}
        cursor.execute(f"EXPLAIN {patterns.OUTCOMES}", during)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "request_decided" in plan, plan
