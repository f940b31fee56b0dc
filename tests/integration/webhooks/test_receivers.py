"""Receivers that are slow, down, or lie: each keeps only itself waiting, and costs little."""

import asyncio
import socket
import time
import tracemalloc
from contextlib import ExitStack

import pytest

from commands.webhooks import sending, worker
from commands.webhooks.models import Delivery, Endpoint
from tests.examples.connections import until
from tests.examples.receiving import (
    answering,
    delivering,
    endpoint,
    happen,
    impatient,
    receiver,
)

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = b"HTTP/1.1 200 OK\r\n"


async def hanging(request, writer):
    await asyncio.Event().wait()


async def dripping(request, writer):
    """A header that never ends."""
    writer.write(HEAD + b"x: ")
    while not writer.is_closing():
        writer.write(b"y")
        await writer.drain()
        await asyncio.sleep(0.01)


async def flooding(request, writer):
    """Headers without end, as fast as they can be sent."""
    writer.write(HEAD)
    while not writer.is_closing():
        writer.write(b"x: " + b"y" * 1000 + b"\r\n")
        await writer.drain()


async def early(request, writer):
    writer.close()


async def gibberish(request, writer):
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    writer.close()


async def informing(request, writer):
    """Only ever says that it will go on."""
    while not writer.is_closing():
        writer.write(b"HTTP/1.1 103 Early\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.001)


async def huge_length(request, writer):
    """Says that it is longer than it is, and breaks off."""
    writer.write(HEAD + b"content-length: 99999999999\r\n\r\nshort")
    writer.close()


async def two_lengths(request, writer):
    writer.write(HEAD + b"content-length: 2\r\ncontent-length: 9\r\n\r\nokokokoko")


async def no_number(request, writer):
    writer.write(HEAD + b"content-length: many\r\n\r\nok")


async def longer(request, writer):
    """Says more than its length: what follows would be taken for the next answer."""
    writer.write(HEAD + b"content-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


async def endless(request, writer):
    writer.write(HEAD + b"transfer-encoding: chunked\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        await writer.drain()


async def slow_body(request, writer):
    writer.write(HEAD + b"content-length: 100\r\n\r\n")
    await asyncio.Event().wait()


FAILING = [hanging, dripping, flooding, early, gibberish, informing, two_lengths, no_number]
TAKING = [huge_length, endless, slow_body]
"""Their status says that they took the event, whatever comes after it."""


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(sending, "SECONDS", 0.5)


@pytest.mark.parametrize("manner", FAILING, ids=lambda manner: manner.__name__)
def test_what_is_no_answer_in_time_is_a_failure(manner):
    with receiver(manner) as to, delivering():
        made = endpoint(to)
        happen(2)
        until(lambda: Endpoint.objects.get(id=made.id).attempts == 1)
    (logged,) = Delivery.objects.all()
    assert (logged.status, logged.position) == (None, 1)
    assert logged.error.endswith(".")
    assert "SSH" not in logged.error
    assert logged.duration_ms < 5000
    assert Endpoint.objects.get(id=made.id).position == 0


@pytest.mark.parametrize("manner", TAKING, ids=lambda manner: manner.__name__)
def test_a_status_counts_however_its_answer_goes_on(manner):
    with receiver(manner) as to, delivering():
        made = endpoint(to)
        happen(2)
        until(lambda: Endpoint.objects.get(id=made.id).position == 2)
    assert to.positions == [1, 2]
    assert to.connections == 2
    assert list(Delivery.objects.values_list("status", flat=True)) == [200, 200]


def test_what_was_not_asked_for_is_no_answer_to_the_next_event():
    with receiver(longer) as to, delivering():
        made = endpoint(to)
        happen(3)
        until(lambda: Endpoint.objects.get(id=made.id).position == 3, seconds=40)
    assert to.positions[0] == 1
    assert sorted(set(to.positions)) == [1, 2, 3]
    taken = Delivery.objects.filter(status=200).values_list("position", flat=True)
    assert len(taken) <= len(to.positions), "no event is taken that was not sent"


def test_an_endless_answer_takes_no_memory():
    with receiver(endless) as to, delivering():
        made = endpoint(to)
        tracemalloc.start()
        happen(20)
        until(lambda: Endpoint.objects.get(id=made.id).position == 20)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 10_000_000
    assert to.positions == list(range(1, 21))


def test_a_redirect_is_not_followed():
    with receiver() as secret:
        there = f"location: {secret.url}\r\n".encode()
        with receiver(answering(307, then=there)) as to, delivering():
            made = endpoint(to)
            happen()
            until(lambda: Endpoint.objects.get(id=made.id).attempts == 1)
        assert secret.received == []
    assert Delivery.objects.get().status == 307


def test_one_that_is_down_is_a_failure():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        with delivering():
            made = endpoint(url)
            happen()
            until(lambda: Endpoint.objects.get(id=made.id).attempts == 1)
    assert Delivery.objects.get().error.startswith("It cannot be reached")


def test_the_slow_keep_no_other_waiting(monkeypatch):
    monkeypatch.setattr(sending, "SECONDS", 8.0)
    with ExitStack() as stack:
        slow = [stack.enter_context(receiver(hanging)) for _ in range(10)]
        quick = stack.enter_context(receiver())
        stack.enter_context(delivering())
        for each in slow:
            endpoint(each)
        made = endpoint(quick)
        happen()
        until(lambda: all(each.received for each in slow))
        began = time.monotonic()
        happen(5)
        until(lambda: Endpoint.objects.get(id=made.id).position == 6)
        assert time.monotonic() - began < 6, "nobody waited for the eight seconds of the slow"
        assert quick.positions == [1, 2, 3, 4, 5, 6]


def test_more_that_hang_than_there_are_places_do_not_hold_them_for_ever(monkeypatch):
    monkeypatch.setattr(worker, "MOST", 2)
    impatient(monkeypatch)
    with ExitStack() as stack:
        for _ in range(4):
            endpoint(stack.enter_context(receiver(hanging)))
        quick = stack.enter_context(receiver())
        made = endpoint(quick)
        stack.enter_context(delivering())
        happen(3)
        until(lambda: Endpoint.objects.get(id=made.id).position == 3)
    assert quick.positions == [1, 2, 3]


def test_a_connection_is_kept_for_a_turn():
    with receiver(answering(200)) as to, delivering():
        made = endpoint(to)
        happen(50)
        until(lambda: Endpoint.objects.get(id=made.id).position == 50)
    assert to.positions == list(range(1, 51))
    assert to.connections == 1
