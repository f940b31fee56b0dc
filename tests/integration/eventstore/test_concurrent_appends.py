"""Appending, several callers at once, in the orders that have hurt others."""

import threading

import pytest
from django.db import connection, transaction

from eventstore.store import (
    ANY,
    Append,
    StoreBusy,
    WrongExpectedVersion,
    append,
    latest_position,
    lock,
    read_all,
)
from tests.examples.connections import InThread, another_connection, blocked, until
from tests.examples.toys import happen, toy

pytestmark = pytest.mark.django_db(transaction=True)


class Held:
    """A transaction in a thread of its own that does something and then waits to be let go."""

    def __init__(self, does, *, commit=True):
        self._done, self._go, self._commit = threading.Event(), threading.Event(), commit
        self._does = does
        self._thread = InThread(self._run)
        assert self._done.wait(20)

    def _run(self):
        try:
            with transaction.atomic():
                value = self._does()
                self._done.set()
                assert self._go.wait(20)
                transaction.set_rollback(not self._commit)
                return value
        finally:
            self._done.set()

    def let_go(self):
        self._go.set()
        return self._thread.result()


def positions():
    return [event.position for event in read_all(limit=None)]


def test_a_reader_after_a_position_misses_nothing_that_commits_later():
    first = Held(lambda: happen("toy-1", 2))
    second = InThread(lambda: happen("toy-2", 1))
    until(blocked("advisory"), "the second append's wait for the position lock")
    assert positions() == []
    first.let_go()
    second.result()
    assert positions() == [1, 2, 3]
    assert [event.stream for event in read_all()] == ["toy-1", "toy-1", "toy-2"]


def test_a_roll_back_while_another_waits_leaves_no_hole():
    first = Held(lambda: happen("toy-1", 5), commit=False)
    second = InThread(lambda: happen("toy-2", 1))
    until(blocked("advisory"), "the second append's wait for the position lock")
    first.let_go()
    assert [event.position for event in second.result()] == [1]


def test_exactly_one_of_many_wins_a_stream():
    together = threading.Barrier(8)

    def attempt():
        together.wait()
        try:
            return append(Append("toy-1", [toy()], 0))
        except WrongExpectedVersion as error:
            assert error.actual == 1
            return None

    results = [each.result() for each in [InThread(attempt) for _ in range(8)]]
    assert sum(result is not None for result in results) == 1
    assert latest_position() == 1


def test_many_append_to_streams_of_their_own():
    together = threading.Barrier(8)

    def attempt(number):
        together.wait()
        for _ in range(10):
            happen(f"toy-{number}")

    for each in [InThread(lambda n=n: attempt(n)) for n in range(8)]:
        each.result()
    assert positions() == list(range(1, 81))


def test_streams_named_in_opposite_orders_do_not_deadlock():
    together = threading.Barrier(2)

    def attempt(names):
        for _ in range(20):
            together.wait()
            append(*(Append(name, [toy()], ANY) for name in names))

    names = ["toy-a", "toy-b", "toy-c"]
    for each in [InThread(lambda: attempt(names)), InThread(lambda: attempt(names[::-1]))]:
        each.result()
    assert latest_position() == 120


def test_heads_are_locked_before_the_position():
    with another_connection() as other:
        happen("toy-1")
        other.execute("SELECT FROM eventstore_stream WHERE name = 'toy-1' FOR UPDATE")
        waiting = InThread(lambda: happen("toy-1"))
        until(blocked("transactionid"), "the wait for the head")
        assert [event.position for event in happen("toy-2")] == [2]
        other.rollback()
    assert [event.position for event in waiting.result()] == [3]


def test_a_second_append_in_a_transaction_does_not_wait_for_a_head():
    happen("toy-2")
    with another_connection() as other:
        other.execute("SELECT FROM eventstore_stream WHERE name = 'toy-2' FOR UPDATE")
        with pytest.raises(StoreBusy), transaction.atomic():
            happen("toy-1")
            happen("toy-2")
    assert positions() == [1]


def test_two_that_append_twice_do_not_deadlock():
    first = Held(lambda: (lock("toy-1", "toy-2"), happen("toy-1"), happen("toy-2")))
    second = InThread(lambda: happen("toy-2"))
    until(blocked("transactionid"), "the wait for the head")
    first.let_go()
    second.result()
    assert positions() == [1, 2, 3]


def test_truncate_is_refused_where_the_product_runs():
    """The test database is emptied by TRUNCATE between tests, so its trigger is put back here."""
    happen()
    trigger = (
        "CREATE TRIGGER eventstore_no_truncate BEFORE TRUNCATE ON eventstore_event"
        " FOR EACH STATEMENT EXECUTE FUNCTION eventstore_refuse()"
    )
    with another_connection() as other:
        other.execute(trigger)
        other.execute("ALTER TABLE eventstore_event ENABLE ALWAYS TRIGGER eventstore_no_truncate")
        with pytest.raises(Exception, match="never edited: TRUNCATE"):
            other.execute("TRUNCATE eventstore_event")
        other.rollback()
    assert connection.in_atomic_block is False
