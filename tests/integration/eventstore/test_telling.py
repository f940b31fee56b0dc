"""Telling the log on an event loop: what is read for one is told to all who ask for the same."""

import asyncio
import re
import threading

import pytest
from django.db import OperationalError

from eventstore import listening, streaming, telling
from eventstore.epoch import raise_epoch
from eventstore.store import ANY, Append, NewEvent, append
from tests.examples.connections import InThread, hops_in_one_thread

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 20
POSITION = re.compile(rb"^(?:: at (\d+)\nid: 1:\1|id: 1:(\d+)\nevent: .*\ndata: {.*})$")


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.setattr(listening, "LINGER", 0)
    with hops_in_one_thread():
        yield


@pytest.fixture
def reads(monkeypatch):
    """What was read, for which position and types."""
    found, chapter = [], telling.chapter

    def read(after, types):
        found.append((after, types))
        return chapter(after, types)

    monkeypatch.setattr(telling, "chapter", read)
    return found


def happen(count=1, type="toy.happened"):
    append(Append("toy-1", [NewEvent(type, {}) for _ in range(count)], ANY))


async def elsewhere(do):
    return await asyncio.to_thread(InThread(do).result)


async def always():
    return True


def positions(chunk):
    """Where a chunk's events are, and its signs of life, which are negative."""
    found = [POSITION.fullmatch(message) for message in chunk.split(b"\n\n") if message]
    return [-int(each[1]) if each[1] else int(each[2]) for each in found]


def told(scenario):
    async def within_time():
        async with asyncio.timeout(PATIENCE):
            await scenario()

    asyncio.run(within_time())


async def begun(after, *types, still_may=always):
    stream = telling.tell(1, after, types, still_may)
    assert (await anext(stream)).startswith(b"retry: 1000\n\n: at %d\n" % after)
    return stream


def test_what_many_ask_for_at_once_is_read_once(reads):
    async def scenario():
        streams = [await begun(0) for _ in range(100)]
        following = [asyncio.ensure_future(anext(each)) for each in streams]
        while not reads:
            await asyncio.sleep(0)
        await elsewhere(happen)
        assert set(await asyncio.gather(*following)) == {following[0].result()}
        assert positions(following[0].result()) == [1]
        assert len(reads) <= 4

    told(scenario)


def test_a_read_that_has_begun_is_not_for_who_comes_later(monkeypatch):
    """It may have looked before there was what they were woken for."""
    chapter, begun, go_on = telling.chapter, [], threading.Event()

    def slowly(after, types):
        found = chapter(after, types)
        begun.append(after)
        go_on.wait(PATIENCE)
        return found

    monkeypatch.setattr(telling, "chapter", slowly)

    async def scenario():
        first = asyncio.ensure_future(telling.read(0, ()))
        while not begun:
            await asyncio.sleep(0)
        await elsewhere(happen)
        later = [asyncio.ensure_future(telling.read(0, ())) for _ in range(5)]
        asyncio.get_running_loop().call_soon(go_on.set)
        assert (await first).head == 0
        assert {each.head for each in await asyncio.gather(*later)} == {1}
        assert len(begun) == 2

    told(scenario)


def test_a_sign_of_life_says_how_far_a_stream_is(monkeypatch):
    """Also one that tells little of what happens."""
    monkeypatch.setattr(streaming, "HEARTBEAT", 0.05)

    async def scenario():
        stream = await begun(0, "toy.broken")
        await elsewhere(lambda: happen(3))
        while (found := positions(await anext(stream))) == [0]:
            pass
        assert found == [-3]
        await elsewhere(lambda: happen(type="toy.broken"))
        while (found := positions(await anext(stream))) == [-3]:
            pass
        assert found == [4]

    told(scenario)


def test_who_may_no_longer_listen_is_told_nothing_more(monkeypatch):
    monkeypatch.setattr(streaming, "HEARTBEAT", 0.01)
    may = [True, True]

    async def still_may():
        return bool(may) and may.pop()

    async def scenario():
        stream = await begun(0, still_may=still_may)
        assert [positions(chunk) async for chunk in stream] == [[0], [0]]

    told(scenario)


def test_a_stream_ends_when_the_log_is_restored(settings, tmp_path):
    settings.HOME = tmp_path

    async def scenario():
        stream = await begun(0)
        await elsewhere(lambda: (raise_epoch("a test"), happen()))
        assert [chunk async for chunk in stream] == []

    told(scenario)


@pytest.mark.parametrize("lost", ["chapter", "still_may"])
def test_a_database_that_does_not_answer_ends_no_stream(monkeypatch, lost):
    monkeypatch.setattr(streaming, "AGAIN", 0.01)
    monkeypatch.setattr(streaming, "HEARTBEAT", 0.02)
    failed, chapter = [], telling.chapter

    def fail(once):
        if once == lost and len(failed) < 3:
            failed.append(once)
            raise OperationalError

    def read(*asked):
        fail("chapter")
        return chapter(*asked)

    async def still_may():
        fail("still_may")
        return True

    monkeypatch.setattr(telling, "chapter", read)

    async def scenario():
        stream = await begun(0, still_may=still_may)
        while len(failed) < 3:
            assert positions(await anext(stream)) == [0]
        await elsewhere(happen)
        while (found := positions(await anext(stream))) == [0]:
            pass
        assert found == [1]

    told(scenario)


def test_what_lies_far_behind_comes_in_pieces(monkeypatch, reads):
    monkeypatch.setattr(telling, "CHUNK", 3)

    async def scenario():
        stream = await begun(0)
        await elsewhere(lambda: happen(7))
        pieces = [positions(await anext(stream)) for _ in range(3)]
        assert pieces == [[1, 2, 3], [4, 5, 6], [7]]
        assert [after for after, _ in reads] == [0, 3, 6]

    told(scenario)
