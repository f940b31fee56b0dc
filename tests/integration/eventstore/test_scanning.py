"""Whoever folds the log reads all of it, in pieces that memory is meant for."""

import pytest
from django.db import connection

from eventstore import scanning
from eventstore.scanning import Ahead, Scan
from eventstore.store import ANY, Append, NewEvent, append, latest_position, read_all
from tests.examples.connections import until

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(monkeypatch):
    """Small events, then large ones, then small ones again, of two types; pieces have 1,000 B."""
    monkeypatch.setattr(scanning, "SIZE", 1_000)
    sizes = [10] * 60 + [400] * 20 + [5_000] * 3 + [10] * 60
    events = [NewEvent(f"test.{'ab'[n % 3 == 0]}", {"text": "é" * s}) for n, s in enumerate(sizes)]
    append(Append("scan-1", events, ANY))
    return read_all(types=["test.a"], limit=None)


def pieces(scan, most):
    end, after = latest_position(), 0
    while after < end:
        some = scan.next(after, end, most)
        assert some.reached > after
        after = some.reached
        yield some


@pytest.mark.parametrize("most", [1, 7, 5_000])
def test_it_brings_every_event_once_and_never_too_much(log, most):
    found = list(pieces(Scan(["test.a"]), most))
    events = [event for some in found for event in some]
    said = [(e.position, e.stream, e.version, e.data, e.recorded_at) for e in log]
    assert [(e.position, e.stream, e.version, e.data, e.recorded_at) for e in events] == said
    assert [len(some) for some in found] == [len(list(some)) for some in found]
    for some in found:
        sizes = [len(event.data["text"].encode()) for event in some]
        assert len(some) <= most
        assert sum(sizes) <= some.size
        assert sum(sizes[:-1]) < 1_000


def test_few_are_read_in_vain_where_events_are_large(log):
    scan, read = Scan(["test.a"]), []

    def count(execute, sql, params, many, context):
        if "LIMIT" in sql and len(params) > 3:
            read.append(params[-2])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        found = [len(some) for some in pieces(scan, 5_000)]
    asked = read[-len(found) :]
    assert asked[0] > 500
    assert all(limit <= 2 * before for limit, before in zip(asked[1:], found, strict=False))


def test_events_may_be_left_out(log):
    first, second, *others = (event.position for event in log)
    found = [
        event.position
        for some in pieces(Scan(["test.a"]), 50)
        for event in some.without(frozenset([first, others[-1]]))
    ]
    assert found == [second, *others[:-1]]


def test_the_end_of_the_log_is_reached_though_its_last_events_are_others(log):
    *_, last = pieces(Scan(["test.b"]), 5_000)
    assert last.reached == latest_position()
    assert Scan(["test.none"]).next(0, latest_position(), 10).reached == latest_position()


def test_nobody_takes_what_was_not_read_for_nothing(log):
    event = next(iter(Scan(["test.a"]).next(0, latest_position(), 1)))
    for look in (
        lambda: event.metadata["actor"], lambda: event.metadata.get("actor"),
        lambda: dict(event.metadata), lambda: bool(event.metadata), lambda: str(event.id),
        lambda: event.id == event.id, lambda: {event.id}, lambda: "a" in event.metadata,
    ):  # fmt: skip
        with pytest.raises(LookupError, match="is not read when the log is folded"):
            look()


@pytest.mark.django_db(transaction=True)
def test_what_is_read_ahead_is_the_same_and_leaves_no_connection_behind(log):
    before = connections_open()
    with Ahead(Scan(["test.a"])) as ahead:
        found = list(pieces(ahead, 7))
        assert connections_open() == before + 1
    assert [e.position for some in found for e in some] == [event.position for event in log]
    until(lambda: connections_open() == before, "the end of the other connection")


def connections_open():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def test_inside_a_transaction_nothing_is_read_that_only_it_sees(log):
    with Ahead(Scan(["test.a"])) as ahead:
        found = [event.position for some in pieces(ahead, 7) for event in some]
    assert found == [event.position for event in log]


def test_metadata_are_read_for_who_asks_for_them_and_count(monkeypatch):
    monkeypatch.setattr(scanning, "SIZE", 1_000)
    said = {"request": "r" * 300}
    append(Append("told-1", [NewEvent("test.told", {"n": n}, said) for n in range(9)], ANY))
    found = list(pieces(Scan(["test.told"], metadata=True), 5_000))
    assert [event.metadata for some in found for event in some] == 9 * [said]
    assert max(len(some) for some in found) == 4
