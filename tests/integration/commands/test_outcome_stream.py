"""One's own outcomes as they come: each once, whichever road they went, and nobody else's."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import F

from commands.engine import outcome_stream
from commands.engine.dispatch import dispatch, submission
from commands.engine.models import Request
from eventstore import listening, streaming
from tests.examples.asking import rich
from tests.examples.connections import InThread, hops_in_one_thread
from tests.examples.people import ANN, BOB, SAM
from tests.examples.queueing import pay_later, work

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 20
PAY = {"from": "ann", "to": "bob", "amount": 1}


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.setattr(listening, "LINGER", 0)
    rich("ann", 500, owner=ANN)
    rich("bob", 0, owner=BOB)
    with hops_in_one_thread():
        yield


async def always():
    return True


async def elsewhere(do):
    return await asyncio.to_thread(InThread(do).result)


def pay(amount=1, by=SAM):
    body = {**PAY, "amount": amount}
    return dispatch(submission("post_transfer", body, principal=by.principal))


def told(text):
    """The events and requests of some messages; signs of life are left out."""
    found = []
    for each in text.split(b"\n\n"):
        fields = dict(
            line.split(b": ", 1) for line in each.split(b"\n") if line[:1] != b":" and line
        )
        if b"data" in fields:
            data = json.loads(fields[b"data"])
            assert fields[b"event"].decode() == f"request.{data['status']}"
            found.append((data["status"], data["id"]))
    return found


def following(scenario, since=None, user=SAM):
    async def within_time():
        stream = outcome_stream.tell(since, user.id, always)
        try:
            async with asyncio.timeout(PATIENCE):
                return await scenario(stream)
        finally:
            await stream.aclose()

    return asyncio.run(within_time())


async def messages(stream, count):
    found = []
    while len(found) < count:
        found += told(await anext(stream))
    return found


def test_it_tells_what_comes_on_every_road_and_nothing_that_was():
    pay(2)
    waiting = pay_later(3)

    async def scenario(stream):
        await anext(stream)
        begun = asyncio.ensure_future(messages(stream, 4))
        await elsewhere(lambda: None)
        paid = await elsewhere(pay)
        refused = await elsewhere(lambda: pay(10**6))
        await elsewhere(lambda: pay(1, by=BOB))
        later = await elsewhere(lambda: pay_later(4))
        await elsewhere(work)
        found = await begun
        return found, [paid, refused, waiting, later]

    found, wanted = following(scenario)
    assert sorted(found) == sorted(
        ("refused" if each is wanted[1] else "succeeded", str(each.request)) for each in wanted
    )


def test_many_are_told_chapter_by_chapter_each_once(monkeypatch):
    monkeypatch.setattr(outcome_stream, "CHUNK", 3)
    since = datetime.now(UTC) + timedelta(seconds=-60)
    mine = [pay() for _ in range(8)] + [pay_later() for _ in range(7)]
    work()
    Request.objects.exclude(id__in=[each.request for each in mine]).delete()

    async def scenario(stream):
        found = await messages(stream, 15)
        await elsewhere(pay)
        return found, await messages(stream, 1)

    found, last = following(scenario, since)
    assert sorted(id_ for _, id_ in found) == sorted(str(each.request) for each in mine)
    assert last[0][1] not in {id_ for _, id_ in found}


def test_each_is_told_once_where_the_clock_of_the_database_is_behind():
    def pay_by_that_clock():
        with transaction.atomic():
            paid = pay()
            earlier = F("decided_at") - timedelta(minutes=1)
            Request.objects.filter(id=paid.request).update(decided_at=earlier)
        return paid

    async def scenario(stream):
        await anext(stream)
        first = await elsewhere(pay_by_that_clock)
        found = await messages(stream, 1)
        second = await elsewhere(pay_by_that_clock)
        return found + await messages(stream, 1), [first, second]

    found, wanted = following(scenario)
    assert [id_ for _, id_ in found] == [str(each.request) for each in wanted]


def test_who_comes_back_misses_nothing():
    waiting = pay_later(3)

    async def first(stream):
        text = await anext(stream)
        return int(text.rsplit(b"id: ", 1)[1].split(b"\n")[0])

    seen = following(first)
    missed = [pay(), waiting]
    work()
    since = datetime.fromtimestamp(seen / 1_000_000, UTC)
    found = following(lambda stream: messages(stream, 2), since)
    assert {str(each.request) for each in missed} <= {id_ for _, id_ in found}
    at_once = b"".join(outcome_stream.told(since, SAM.id))
    assert {str(each.request) for each in missed} <= {id_ for _, id_ in told(at_once)}
    assert told(b"".join(outcome_stream.told(None, SAM.id))) == []


def test_it_gives_signs_of_life_and_ends_when_who_listens_may_not(monkeypatch):
    monkeypatch.setattr(streaming, "HEARTBEAT", 0.05)
    answers = iter([True, True, False])

    async def may():
        return next(answers)

    async def all_of_it():
        async with asyncio.timeout(PATIENCE):
            return [text async for text in outcome_stream.tell(None, SAM.id, may)]

    first, *signs = asyncio.run(all_of_it())
    assert first.startswith(b"retry: 1000\n\n: here\nid: ")
    assert [sign[:10] for sign in signs] == [b": here\nid:"] * 2
