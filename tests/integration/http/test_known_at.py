"""What was known at a time, while an append that is recorded by then is not committed yet."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from eventstore.store import timestamp
from tests.examples.asking import ask, rich
from tests.examples.connections import PATIENCE, InThread, blocked, until
from tests.examples.http import Api
from tests.examples.ledger import pay
from tests.examples.pages import browser
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def paid_but_not_committed() -> Iterator[threading.Event]:
    """Ann pays 1.00 in a transaction that is open until the event is set."""
    drawn, commit = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            assert ask(pay("ann", "world", 100)).succeeded
            drawn.set()
            commit.wait(PATIENCE)

    writer = InThread(write)
    try:
        assert drawn.wait(PATIENCE)
        yield commit
    finally:
        commit.set()
        writer.result()


def clock() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return timestamp(cursor.fetchone()[0])


def test_what_is_recorded_by_a_time_but_not_committed_is_waited_for():
    rich("ann", 500)
    sam = Api(SAM)
    with paid_but_not_committed() as commit:
        address = f"/accounts/ann?known_at={clock()}"
        asked = InThread(lambda: sam.get(address))
        until(blocked("advisory"), "waiting for the append in flight")
        commit.set()
        told = asked.result().json()
    assert told["posted"] == "400"
    ask(pay("ann", "world", 30))
    assert sam.get(address).json() == told


def test_a_time_before_the_last_event_waits_for_nobody():
    rich("ann", 500)
    time = clock()
    ask(pay("ann", "world", 30))
    with paid_but_not_committed():
        assert Api(SAM).get(f"/accounts/ann?known_at={time}").json()["posted"] == "500"


def test_who_would_wait_too_long_is_told_to_come_again():
    rich("ann", 500)
    sam, page = Api(SAM), browser(SAM)
    with paid_but_not_committed():
        time = clock()
        answer = sam.get(f"/accounts/ann?known_at={time}")
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert answer["Retry-After"] == "1"
        shown = page.get(f"/accounts/ann?known_at={time}")
        assert (shown.status_code, shown["Retry-After"]) == (503, "5")
