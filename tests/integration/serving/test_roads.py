"""The roads over sockets: a real server, real workers, and what becomes of both."""

import http.client
import json
from contextlib import ExitStack, closing
from uuid import UUID

import pytest

from commands.engine.models import Notification, Request
from projections.engine.differences import differences
from projections.engine.projector import projections
from projections.ledger.models import Balance
from tests.examples.asking import rich
from tests.examples.connections import InThread, another_connection, until
from tests.examples.people import BOB, SAM, Person
from tests.examples.queueing import accept, work
from tests.examples.serving import Client, serving, threads, working
from tests.examples.streams import Listener

pytestmark = pytest.mark.django_db(transaction=True)

PAY = {"from": "ann", "to": "bob", "amount": 1}
TRANSFERS = "/api/v1/transfers"
OUTCOMES = "/api/v1/requests/stream"
LATER, GATEWAY = {"Prefer": "respond-async"}, {"Prefer": "respond-async, wait=20"}
SPARE = 4
"""Threads of the pool that had nothing to do yet."""

LEE = Person("lee", UUID(int=0x77), SAM.rights)

LISTENING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND starts_with(query, 'LISTEN ')"""
CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND starts_with(query, 'LISTEN ')"""


@pytest.fixture
def bob(sam):
    rich("bob", 0, owner=BOB)
    return sam


def asked_of(sql):
    with another_connection() as other:
        (found,) = other.execute(sql).fetchone()
    return found


def waiting(client, amount=1):
    return InThread(lambda: client.ask("POST", TRANSFERS, {**PAY, "amount": amount}, **GATEWAY))


def test_all_roads_answer_alike_and_are_done_by_a_worker(bob):
    with working():
        awaited = bob.ask("POST", TRANSFERS, PAY)
        gateway = bob.ask("POST", TRANSFERS, PAY, **GATEWAY)
        queued = bob.ask("POST", TRANSFERS, PAY, **LATER)
        shown = bob.ask("GET", f"{queued.headers['Location']}?wait=20")
    assert (awaited.status, gateway.status, queued.status) == (201, 201, 202)
    assert gateway.headers["Preference-Applied"] == "wait=20"
    assert queued.headers["Preference-Applied"] == "respond-async"
    answer = json.loads(shown.content)["answer"]
    assert answer["status"] == 201
    bodies = [json.loads(awaited.content), json.loads(gateway.content), answer["body"]]
    assert len({json.dumps(apart(body)) for body in bodies}) == 1
    assert Balance.objects.get(account="bob").posted == 3


def apart(body):
    """A body without what differs: ids, positions and times."""
    transfer = {**body["transfer"], "id": "", "position": 0, "recorded_at": ""}
    events = [each["type"] for each in body["request"]["events"]]
    return {"transfer": transfer, "events": events, "status": body["request"]["status"]}


def test_a_refusal_is_told_at_the_gateway_as_it_is_when_awaited(bob):
    with working():
        gateway = bob.ask("POST", TRANSFERS, {**PAY, "amount": 501}, **GATEWAY)
    awaited = bob.ask("POST", TRANSFERS, {**PAY, "amount": 501})
    assert (gateway.status, gateway.content) == (awaited.status, awaited.content)
    assert gateway.headers["Content-Type"] == "application/problem+json"


def test_who_waits_at_the_gateway_holds_no_thread(bob):
    with serving() as server, ExitStack() as opened:
        clients = [Client(server) for _ in range(100)]
        for each in clients:
            opened.enter_context(closing(each.connection))
        clients[0].ask("GET", "/api/v1/accounts")
        few = threads(server.pid)
        asked = [waiting(each) for each in clients[1:]]
        until(lambda: Request.objects.filter(status="accepted").count() == len(asked), "the queue")
        assert threads(server.pid) <= few + SPARE
        until(lambda: asked_of(LISTENING) == 1, "one connection for all")
        assert clients[0].ask("GET", "/api/v1/accounts").status == 200
        work()
        assert {each.result().status for each in asked} == {201}


def test_who_asks_for_the_head_alone_and_waits_holds_no_thread_either(bob, clients):
    path = bob.ask("POST", TRANSFERS, PAY, **LATER).headers["Location"]
    asking = [clients() for _ in range(20)]
    heads = [InThread(lambda each=each: each.ask("HEAD", f"{path}?wait=20")) for each in asking]
    until(lambda: asked_of(LISTENING) == 1, "the connection")
    assert bob.ask("GET", "/api/v1/accounts/ann").status == 200
    work()
    assert {each.result().status for each in heads} == {200}


def test_who_hung_up_at_the_gateway_is_told_later(bob, served):
    body = json.dumps({**PAY, "amount": 10**6})
    headers = {**bob.headers, "Content-Type": "application/json", **GATEWAY}
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    connection.request("POST", TRANSFERS, body, headers)
    until(lambda: Request.objects.filter(status="accepted").exists(), "the queue")
    until(lambda: asked_of(LISTENING) == 1, "somebody who waits")
    connection.close()
    until(lambda: asked_of(LISTENING) == 0, "the end of the waiting")
    work()
    assert Notification.objects.get().seen_at is None


def test_a_lost_connection_for_announcements_delays_and_never_loses(bob, clients):
    asked = waiting(bob)
    until(lambda: asked_of(LISTENING) == 1, "the connection")
    assert asked_of(CUT) == 1
    work()
    assert asked.result().status == 201
    asked = waiting(bob)
    until(lambda: Request.objects.filter(status="accepted").exists(), "the queue")
    work()
    assert asked.result().status == 201


def test_many_who_follow_their_outcomes_take_no_thread_and_one_connection(bob, many):
    with serving() as server, ExitStack() as opened:
        client = Client(server)
        opened.enter_context(closing(client.connection))
        client.ask("GET", "/api/v1/accounts")
        few = threads(server.pid)
        streams = [
            opened.enter_context(closing(Listener(server, client.headers, path=OUTCOMES)))
            for _ in range(many)
        ]
        for stream in streams:
            stream.opened()
        until(lambda: asked_of(LISTENING) == 1, "the one connection")
        assert threads(server.pid) <= few + SPARE
        paid = client.ask("POST", TRANSFERS, PAY)
        told = {stream.outcome() for stream in streams}
        assert told == {("request.succeeded", paid.headers["Daybook-Request"])}
        assert threads(server.pid) <= few + SPARE


def test_workers_that_are_killed_again_and_again_lose_and_double_nothing(bob):
    rich("rich", 1_000)
    each = {"from": "rich", "to": "bob", "amount": 1}
    many = [accept("post_transfer", each, by=person) for _ in range(400) for person in (SAM, LEE)]
    with working() as steady:
        for _ in range(3):
            with working() as doomed:
                before = done()
                until(lambda before=before: before < done() or done() == len(many), "some work")
                doomed.kill()
                doomed.wait(20)
        until(lambda: done() == len(many), "the end of the work", seconds=60)
        assert steady.poll() is None
    assert Balance.objects.get(account="bob").posted == len(many)
    assert [found for each in projections() for found in differences(each)] == []


def done():
    return Request.objects.filter(status="succeeded", road="queued").count()
