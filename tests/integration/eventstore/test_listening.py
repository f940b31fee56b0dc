"""All who wait on an event loop are woken by one connection."""

import asyncio

import pytest

from eventstore import listening as module
from eventstore.listening import listening, stop_waiting
from tests.examples.connections import another_connection

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 20.0
LISTENERS = (
    " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND starts_with(query, 'LISTEN ')"
)


@pytest.fixture(autouse=True)
def for_ever(monkeypatch):
    """Nothing is found out by asking again."""
    for name in ("POLL", "PROBE"):
        monkeypatch.setattr(module, name, PATIENCE)
    monkeypatch.setattr(module, "LINGER", 0.0)


def asked(sql, *parameters):
    with another_connection() as other:
        rows = other.execute(sql, parameters).fetchall()
        other.commit()
    return rows


def listeners():
    return [pid for (pid,) in asked(f"SELECT pid {LISTENERS}")]


def announce(channel="events", payload="", schema="current_schema()"):
    asked(f"SELECT pg_notify('daybook_{channel}_' || {schema}, %s)", payload)


async def until(happened, what):
    async with asyncio.timeout(PATIENCE):
        while not (found := happened()):
            await asyncio.sleep(0.005)
    return found


async def rings(bell):
    return await bell.rung(PATIENCE / 2)


async def is_silent(*bells):
    """Whether all of them say that the time is up, without a wait."""
    return [await bell.rung(0) for bell in bells] == [False] * len(bells)


def test_a_bell_rings_when_its_channel_announces_something():
    async def wait():
        async with listening("events") as bell:
            assert await is_silent(bell)
            waiting = asyncio.create_task(rings(bell))
            announce("others")
            announce("events", "812")
            assert await waiting
            assert await is_silent(bell)

    asyncio.run(wait())


def test_what_is_announced_while_nobody_looks_is_not_missed():
    async def wait():
        async with listening("events") as bell:
            announce()
            assert await rings(bell)
            assert await is_silent(bell)

    asyncio.run(wait())


def test_a_bell_of_one_topic_rings_for_no_other():
    async def wait():
        async with (
            listening("requests") as every,
            listening("requests", "a") as one,
            listening("requests", "b") as two,
            listening("events", "a") as elsewhere,
        ):
            announce("requests", "a,c")
            assert await rings(every)
            assert await rings(one)
            assert await is_silent(every, one, two, elsewhere)
            announce("requests", "b,a")
            assert [await rings(each) for each in (every, one, two)] == [True] * 3
            announce("requests")
            assert await rings(every)
            assert await is_silent(one, two, elsewhere)

    asyncio.run(wait())


def test_another_book_of_the_database_is_another_channel():
    async def wait():
        async with listening("events") as bell:
            announce(schema="'another'")
            announce("marks")
            async with listening("marks") as mark:
                announce("marks")
                assert await rings(mark)
            assert await is_silent(bell)

    asyncio.run(wait())


def test_five_hundred_bells_take_one_connection_which_is_given_back():
    async def wait():
        async def one(number):
            async with listening("events" if number % 2 else "requests") as bell:
                opened.append(bell)
                return await rings(bell)

        opened = []
        waiting = [asyncio.create_task(one(number)) for number in range(500)]
        await until(lambda: len(opened) == 500, "the bells")
        assert len(listeners()) == 1
        announce("events")
        announce("requests", "x")
        assert await asyncio.gather(*waiting) == [True] * 500
        await until(lambda: not listeners(), "the end of the connection")

    asyncio.run(wait())


def test_a_connection_waits_a_little_for_the_next_who_waits(monkeypatch):
    monkeypatch.setattr(module, "LINGER", PATIENCE)

    async def wait():
        async with listening("events"):
            (first,) = listeners()
        async with listening("events") as bell:
            announce()
            assert await rings(bell)
        assert listeners() == [first]

    asyncio.run(wait())
    assert listeners() == []


def test_a_lost_connection_is_made_again_and_everybody_looks():
    async def wait():
        async with listening("events") as bell, listening("requests", "x") as other:
            (first,) = listeners()
            asked("SELECT pg_terminate_backend(%s)", first)
            assert [await rings(bell), await rings(other)] == [True, True]
            (second,) = await until(listeners, "the next connection")
            # It has a LISTEN for each; what comes after the second is heard.
            assert second != first
            assert await rings(bell)
            assert await rings(other)
            announce("requests", "x")
            assert await rings(other)
            assert await is_silent(bell)

    asyncio.run(wait())


def test_a_connection_that_does_not_answer_is_a_lost_one(monkeypatch):
    monkeypatch.setattr(module, "PROBE", 0.2)
    execute, probes = module.psycopg.AsyncConnection.execute, []

    async def never_at_first(self, query, *arguments):
        if query == "":
            probes.append(self)
            if len(probes) == 1:
                await asyncio.Event().wait()
        return await execute(self, query, *arguments)

    monkeypatch.setattr(module.psycopg.AsyncConnection, "execute", never_at_first)

    async def wait():
        async with listening("events") as bell:
            assert await rings(bell)
            await until(lambda: len(probes) > 2, "two probes of the next connection")
            assert probes[0].closed
            assert probes[1] is probes[2]

    asyncio.run(wait())


def test_without_a_connection_all_look_again_and_again(monkeypatch):
    monkeypatch.setattr(module, "POLL", 0.01)
    monkeypatch.setattr(module, "PAUSE", PATIENCE)
    monkeypatch.setattr(module, "session_parameters", lambda: {"conninfo": "port=1 host=/nowhere"})

    async def wait():
        async with listening("events") as bell:
            assert [await rings(bell) for _ in range(3)] == [True] * 3
            assert not await bell.rung(0.001)

    asyncio.run(wait())


def test_it_listens_where_the_session_url_leads(monkeypatch, settings):
    settings.DATABASE_SESSION_URL = "postgres:///?application_name=elsewhere"
    made = []

    async def connect(**parameters):
        made.append(parameters)
        raise OSError

    monkeypatch.setattr(module.psycopg.AsyncConnection, "connect", connect)
    monkeypatch.setattr(module, "POLL", 0.0)

    async def wait():
        async with listening("events"):
            await until(lambda: made, "the connection")

    asyncio.run(wait())
    assert made[0]["conninfo"] == settings.DATABASE_SESSION_URL


def test_who_goes_away_while_the_connection_is_made_leaves_nothing_behind():
    async def enter():
        async with listening("events"):
            raise AssertionError("there was no time for it")

    async def wait():
        entering = asyncio.create_task(enter())
        asyncio.get_running_loop().call_soon(entering.cancel)
        (error,) = await asyncio.gather(entering, return_exceptions=True)
        assert isinstance(error, asyncio.CancelledError)
        await until(lambda: len(asyncio.all_tasks()) == 1, "the end of the work")
        assert listeners() == []

    asyncio.run(wait())


def test_nobody_waits_when_the_process_ends():
    async def wait():
        async with listening("events") as bell:
            waiting = asyncio.create_task(rings(bell))
            stop_waiting()
            announce()
            assert not await waiting
            async with listening("requests") as late:
                assert not await rings(late)
        await until(lambda: not listeners(), "the end of the connection")

    asyncio.run(wait())
