"""A stream ends when whoever listens may no longer do so."""

import asyncio

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from commands.access.models import Token, User
from config.halves import Halves
from eventstore import listening, streaming
from tests.examples.connections import InThread, hops_in_one_thread
from tests.examples.factories import user
from tests.examples.http import Api
from tests.examples.people import VIC

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 20


def token():
    return Api(VIC).headers


def session():
    client = Client()
    client.force_login(user(VIC))
    return {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}


LOST = {
    "a token that is revoked": (token, lambda: Token.objects.all().delete()),
    "a token of one who is gone": (token, lambda: User.objects.update(is_active=False)),
    "a token of one who may less": (token, lambda: user(VIC).groups.clear()),
    "a session that is over": (session, lambda: Session.objects.all().delete()),
    "a session of one who is gone": (session, lambda: User.objects.update(is_active=False)),
    "a session of one who may less": (session, lambda: user(VIC).groups.clear()),
}


@pytest.mark.parametrize("what", LOST)
def test_it_goes_on_until_the_next_sign_of_life(monkeypatch, what):
    monkeypatch.setattr(listening, "LINGER", 0)
    monkeypatch.setattr(streaming, "HEARTBEAT", 0.01)
    who, lose = LOST[what]
    headers = [(b"host", b"localhost")]
    headers += [(name.lower().encode(), value.encode()) for name, value in who().items()]
    sent, asked = asyncio.Queue(), iter([{"type": "http.request"}])
    scope = {"type": "http", "method": "GET", "path": "/api/v1/events/stream", "query_string": b""}

    async def receive():
        return next(asked, None) or await asyncio.Event().wait()

    async def listen():
        application = Halves()
        stream = asyncio.create_task(application({**scope, "headers": headers}, receive, sent.put))
        async with asyncio.timeout(PATIENCE):
            assert (await sent.get())["status"] == 200
            for _ in range(5):
                assert (await sent.get())["more_body"]
            await asyncio.to_thread(InThread(lose).result)
            await stream
        while not sent.empty():
            last = sent.get_nowait()
        assert not last.get("more_body")

    with hops_in_one_thread():
        asyncio.run(listen())
