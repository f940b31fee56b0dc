"""A stream is sent as it comes and costs no thread; whoever ends it, nothing of it is left."""

import asyncio

import pytest
from django.http import StreamingHttpResponse

from config import sending
from config.sending import send_answer

PATIENCE = 20


class Visit:
    """One request as the server gives it to the application, with what was sent in return."""

    def __init__(self):
        self.sent, self.closed = asyncio.Queue(), asyncio.Event()
        self.room, self.gone, self.ending = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.room.set()

    async def receive(self):
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.put_nowait(message)
        if message.get("more_body"):
            await self.room.wait()

    async def without_end(self):
        try:
            yield b"one"
            yield b"two"
            await asyncio.Event().wait()
        finally:
            self.closed.set()

    def begin(self, chunks):
        response = StreamingHttpResponse(chunks)
        return asyncio.create_task(
            send_answer(response, self.receive, self.send, ending=self.ending)
        )

    async def bodies(self, count):
        found = [await self.sent.get() for _ in range(count)]
        return [(each.get("body", b""), each.get("more_body", False)) for each in found]


def met(scenario):
    """Run a scenario, which must leave no task behind."""

    async def within_time():
        async with asyncio.timeout(PATIENCE):
            await scenario(Visit())
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(within_time())


ONE, TWO, LAST = (b"one", True), (b"two", True), (b"", False)


@pytest.fixture(autouse=True)
def without_threads(monkeypatch):
    monkeypatch.delattr(sending, "hop_to")


def test_it_is_sent_chunk_by_chunk_to_its_end():
    async def scenario(visit):
        more = asyncio.Event()

        async def chunks():
            yield b"one"
            await more.wait()
            yield b"two"

        task = visit.begin(chunks())
        assert (await visit.sent.get())["type"] == "http.response.start"
        assert await visit.bodies(1) == [ONE]
        more.set()
        assert await visit.bodies(2) == [TWO, LAST]
        await task

    met(scenario)


@pytest.mark.parametrize(("event", "last"), [("gone", []), ("ending", [LAST])])
def test_it_ends_with_its_client_and_with_the_server(event, last):
    async def scenario(visit):
        task = visit.begin(visit.without_end())
        await visit.sent.get()
        assert await visit.bodies(2) == [ONE, TWO]
        getattr(visit, event).set()
        await task
        assert visit.closed.is_set()
        assert await visit.bodies(visit.sent.qsize()) == last

    met(scenario)


@pytest.mark.parametrize("event", ["gone", "ending"])
def test_it_ends_while_its_client_does_not_read(event):
    async def scenario(visit):
        visit.room.clear()
        task = visit.begin(visit.without_end())
        await visit.sent.get()
        assert await visit.bodies(1) == [ONE]
        getattr(visit, event).set()
        await task
        await visit.closed.wait()

    met(scenario)


def test_who_does_not_read_is_given_up(monkeypatch):
    monkeypatch.setattr(sending, "CHUNK_SECONDS", 0.01)

    async def scenario(visit):
        visit.room.clear()
        await visit.begin(visit.without_end())
        await visit.closed.wait()
        await visit.sent.get()
        assert await visit.bodies(visit.sent.qsize()) == [ONE]

    met(scenario)


def test_what_goes_wrong_in_it_is_told_to_the_server():
    async def scenario(visit):
        async def chunks():
            yield b"one"
            raise LookupError

        with pytest.raises(LookupError):
            await visit.begin(chunks())

    met(scenario)
