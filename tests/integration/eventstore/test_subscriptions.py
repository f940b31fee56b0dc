"""Following the log as it grows."""

import asyncio
import threading

import pytest
from django.db import connection

from eventstore.store import (
    ANY,
    Append,
    NewEvent,
    advance,
    append,
    asubscribe,
    latest_position,
    subscribe,
    wait_for,
)
from tests.examples.connections import InThread, another_connection, until

pytestmark = pytest.mark.django_db(transaction=True)

FOR_EVER = 3600.0
"""A poll so rare that only a notification can have woken the subscription."""


def happen(stream="toy-1", count=1, type="toy.happened"):
    return append(Append(stream, [NewEvent(type, {}) for _ in range(count)], ANY))


def take(subscription, count):
    """The next events' positions."""
    return [next(subscription).position for _ in range(count)]


def listening() -> bool:
    with another_connection() as other:
        (count,) = other.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state = 'idle' AND query LIKE '%LISTEN %'"
        ).fetchone()
    return bool(count)


def kill_others():
    with another_connection() as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend'"
            " AND pid NOT IN (pg_backend_pid(), %s)",
            [connection.connection.info.backend_pid],
        )


def test_it_gives_what_is_there_and_then_what_comes():
    happen(count=3)
    with subscribe(after=1, poll=FOR_EVER) as subscription:
        assert take(subscription, 2) == [2, 3]
        waiting = InThread(lambda: take(subscription, 2))
        until(listening, "the LISTEN")
        happen(count=2)
        assert waiting.result() == [4, 5]


def test_it_polls_when_nobody_notifies(monkeypatch):
    monkeypatch.setattr("eventstore.wakeup.LISTEN", "SELECT 1")
    with subscribe(poll=0.02) as subscription:
        waiting = InThread(lambda: take(subscription, 1))
        happen()
        assert waiting.result() == [1]


def test_it_filters_by_type_and_category():
    happen("toy-1")
    happen("game-1")
    happen("toy-2", type="toy.broken")
    with subscribe(category="toy") as toys, subscribe(types=["toy.broken"]) as broken:
        assert take(toys, 2) == [1, 3]
        assert take(broken, 1) == [3]


def test_it_stops_from_another_thread_while_it_waits():
    subscription = subscribe(poll=FOR_EVER)
    waiting = InThread(lambda: list(subscription))
    until(listening, "the LISTEN")
    subscription.stop()
    subscription.stop()
    assert waiting.result() == []


def test_it_stops_before_it_began():
    happen()
    subscription = subscribe()
    subscription.stop()
    assert list(subscription) == []


def test_it_survives_lost_connections_and_neither_repeats_nor_misses():
    with subscribe(poll=0.02) as subscription:
        waiting = InThread(lambda: take(subscription, 6))
        until(listening, "the LISTEN")
        happen(count=3)
        kill_others()
        happen(count=3)
        assert waiting.result() == [1, 2, 3, 4, 5, 6]


def test_it_gives_up_the_connection_of_the_thread_it_ran_in():
    happen()

    def follow():
        with subscribe() as subscription:
            next(subscription)
        return connection.connection

    assert InThread(follow).result() is None


def test_two_writers_and_a_reader_that_misses_and_repeats_nothing():
    total, each = 2_000, 1_000
    together = threading.Barrier(3)

    def writer(stream):
        together.wait()
        for number in range(each // 4):
            happen(f"{stream}-{number % 7}", count=4)

    def reader():
        with subscribe() as subscription:
            together.wait()
            return take(subscription, total)

    threads = [InThread(lambda: writer("a")), InThread(lambda: writer("b")), InThread(reader)]
    *_, seen = [thread.result() for thread in threads]
    assert seen == list(range(1, total + 1))


def test_the_asynchronous_one_does_the_same():
    happen(count=2)

    async def follow():
        seen = []
        async with asubscribe(after=1, poll=FOR_EVER) as subscription:
            async for event in subscription:
                seen.append(event.position)
                if len(seen) == 1:
                    await asyncio.to_thread(in_thread)
                if len(seen) == 3:
                    subscription.stop()
        return seen

    def in_thread():
        InThread(lambda: happen(count=2)).result()

    assert asyncio.run(follow()) == [2, 3, 4]


def test_the_asynchronous_one_is_woken_and_stopped_from_other_threads():
    async def follow():
        async with asubscribe(poll=FOR_EVER) as subscription:
            started.append(subscription)
            async for event in subscription:
                seen.append(event.position)

    started, seen = [], []
    following = InThread(lambda: asyncio.run(follow()))
    until(lambda: started, "the start")
    for position in (1, 2):
        happen()
        until(lambda wanted=position: seen[-1:] == [wanted], "the event")
    started[0].stop()
    following.result()
    assert seen == [1, 2]


def test_the_asynchronous_one_survives_a_lost_connection():
    async def follow():
        async with asubscribe(poll=0.02) as subscription:
            seen = [(await anext(subscription)).position]
            await asyncio.to_thread(InThread(kill_and_append).result)
            seen.append((await anext(subscription)).position)
        return seen

    def kill_and_append():
        with another_connection() as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND backend_type = 'client backend'"
                " AND pid <> pg_backend_pid()"
            )
        happen()

    happen()
    connection.close()
    assert asyncio.run(follow()) == [1, 2]


def test_waiting_for_a_consumer():
    happen(count=3)
    advance("toy", 2)
    wait_for("toy", 2, timeout=0)
    with pytest.raises(TimeoutError, match="position 3"):
        wait_for("toy", 3, timeout=0.01)
    waiting = InThread(lambda: wait_for("toy", latest_position(), timeout=20))
    advance("toy", 3)
    waiting.result()
