"""Commands that wait for a row: who else is answered, who hangs up, and the end of the server."""

import http.client
import json
import threading
from contextlib import closing
from copy import copy
from pathlib import Path

import pytest
from django.db import transaction

from commands.engine.models import Request
from eventstore.store import lock
from tests.examples.asking import rich
from tests.examples.connections import InThread, blocked, until
from tests.examples.factories import user
from tests.examples.people import ANN, SAM
from tests.examples.serving import Client, serving, threads
from tests.examples.slow import stuck

pytestmark = pytest.mark.django_db(transaction=True)

PAY = {"from": "ann", "to": "world", "amount": 1}
FORMS = 30
"""More than a server has threads."""
SPARE = 4
"""Threads of the pool that had nothing to do yet."""


def connections(server):
    """How many clients a server has, as the system counts them (proc(5): 01 is established)."""
    port, lines = f":{server.port:04X}", Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(line.split()[1].endswith(port) and line.split()[3] == "01" for line in lines)


def pay(caller, source="ann"):
    """Ask for a transfer as a client of the API would, or as a page; the status."""
    if "Cookie" not in caller.headers:
        return caller.ask("POST", "/api/v1/transfers", {**PAY, "from": source}).status
    text = f"csrfmiddlewaretoken={'a' * 32}&from={source}&to=world&currency=EUR&amount=0.01"
    caller.connection.request("POST", "/transfers/new", text, caller.headers)
    return caller.connection.getresponse().status


def test_commands_that_wait_hold_no_thread_of_the_reads(served, clients, sam, client):
    """Two hundred commands and many forms need a locked row; all else is answered meanwhile."""
    rich("bob", 500)
    client.force_login(user(SAM))
    form = clients()
    form.headers = {
        "Cookie": f"sessionid={client.cookies['sessionid'].value}; csrftoken={'a' * 32}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    statuses, asking = [], []

    def ask(caller):
        with closing(caller.connection):
            statuses.append(pay(caller))

    def stall(count, like):
        for _ in range(count):
            one = copy(like)
            one.connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
            asking.append(threading.Thread(target=ask, args=(one,)))
            asking[-1].start()

    with transaction.atomic():
        lock("account-ann")
        stall(20, sam)
        stall(FORMS, form)
        until(blocked("transactionid"), "the command that waits")
        for path in ("/login", "/healthz", "/api/v1/accounts/ann"):
            assert sam.ask("GET", path).status == 200
        few = threads(served.pid)
        stall(180, sam)
        until(lambda: connections(served) > 200 + FORMS, "all of them")
        for path in ("/login", "/healthz", "/api/v1/accounts/ann", "/api/v1/transfers"):
            assert sam.ask("GET", path).status == 200
        assert form.ask("GET", "/transfers/new").status == 200
        assert (pay(form, "bob"), pay(sam, "bob")) == (303, 201)
        assert (threads(served.pid) <= few + SPARE, statuses) == (True, [])
    for each in asking:
        each.join(30)
    assert sorted(statuses) == [201] * 200 + [303] * FORMS


def test_being_told_to_stop_it_answers_what_it_has_begun():
    rich("ann", 500, owner=ANN)
    with serving(DAYBOOK_SELF_SERVICE="on") as server:
        caller = Client(server)
        with transaction.atomic():
            lock("account-ann")
            waiting = InThread(lambda: caller.ask("POST", "/api/v1/transfers", PAY).status)
            until(blocked("transactionid"), "the command that waits")
            server.tell_to_stop()
            until(lambda: not server.is_listening(), "the server's closed door")
        assert waiting.result() == 201


def hang_up(server, client):
    """Ask for a transfer that has to wait, and go away."""
    text = json.dumps(PAY).encode()
    bearer = client.headers["Authorization"].encode()
    with server.connect() as bare:
        bare.sendall(
            b"POST /api/v1/transfers HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
            + bearer + b"\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(text), text)
        )  # fmt: skip
        until(blocked("transactionid"), "the command that waits")


def test_being_told_to_stop_it_decides_what_was_asked_for_by_who_is_gone():
    rich("ann", 500, owner=ANN)
    with serving() as server:
        client = Client(server)
        with transaction.atomic():
            lock("account-ann")
            hang_up(server, client)
            server.tell_to_stop()
            until(lambda: not server.is_listening(), "the server's closed door")
            assert not server.ends_within(1)
        assert server.ends_within(20)
    assert Request.objects.get(key="k").status == "succeeded"


def test_what_is_still_being_decided_at_the_deadline_says_where_to_look():
    rich("ann", 500, owner=ANN)
    with serving(DAYBOOK_COMMAND_DEADLINE="0.3") as server:
        client = Client(server)
        with closing(client.connection):
            with stuck("ann") as go_on:
                answer = client.ask("POST", "/api/v1/transfers", PAY)
                problem = json.loads(answer.content)
                assert (answer.status, problem["code"]) == (504, "outcome-unknown")
                go_on()
                place = answer.headers["Location"]
                until(lambda: client.ask("GET", place).status == 200, "the outcome")
            assert json.loads(client.ask("GET", place).content)["status"] == "succeeded"


def test_a_full_queue_says_so_at_once():
    rich("ann", 500, owner=ANN)
    answers = []

    def ask(caller):
        with closing(caller.connection):
            answers.append(caller.ask("POST", "/api/v1/transfers", PAY))

    with serving(DAYBOOK_QUEUE_LIMIT="2") as server:
        callers = [Client(server) for _ in range(6)]
        with transaction.atomic():
            lock("account-ann")
            asking = [InThread(lambda each=each: ask(each)) for each in callers]
            until(lambda: answers, "somebody for whom there was no place")
            assert any(each.is_alive() for each in asking)
            assert {each.status for each in answers} == {503}
            assert all(int(each.headers["Retry-After"]) >= 1 for each in answers)
        for each in asking:
            each.result()
    assert {each.status for each in answers} == {201, 503}


def test_a_client_that_hangs_up_does_not_stop_its_command(served, sam):
    with transaction.atomic():
        lock("account-ann")
        hang_up(served, sam)
    until(lambda: Request.objects.filter(key="k").exists(), "the outcome")
    answer = sam.ask("POST", "/api/v1/transfers", PAY, **{"Idempotency-Key": "k"})
    assert (answer.status, answer.headers["Idempotent-Replayed"]) == (201, "true")
