"""Forms on the real server: what they ask for is awaited, and then the page is asked once more."""

import http.client
import json
import re
import time
from contextlib import closing
from urllib.parse import urlencode

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction

from commands.engine.models import Request
from eventstore.store import lock
from projections.ledger.models import Balance
from tests.examples.asking import rich
from tests.examples.connections import InThread, blocked, until
from tests.examples.factories import user
from tests.examples.people import ANN, SAM
from tests.examples.serving import serving

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "a" * 32
PAY = {"from": "ann", "to": "world", "currency": "EUR", "amount": "0.01"}


@pytest.fixture
def cookies(client):
    rich("ann", 500, owner=ANN)
    client.force_login(user(SAM))
    return f"sessionid={client.cookies['sessionid'].value}; csrftoken={SECRET}"


def send(server, cookies, fields=PAY, **more):
    """Send the form; its answer, with its page."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with closing(connection):
        body = urlencode({"csrfmiddlewaretoken": SECRET, **fields, **more})
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/transfers/new", body, headers)
        answer = connection.getresponse()
        answer.page = answer.read().decode()
        return answer


def key_in(page):
    return re.search(r'name="idempotency_key" value="([^"]+)"', page)[1]


def test_its_answer_is_of_the_request_and_is_logged_once_with_all_its_time(served, cookies):
    with transaction.atomic():
        lock("account-ann")
        waiting, began = InThread(lambda: send(served, cookies)), time.monotonic()
        until(blocked("transactionid"), "the form that waits")
        until(lambda: time.monotonic() - began > 0.3, "some time")
    answer = waiting.result()
    id_ = answer.headers["Daybook-Request"]
    row = Request.objects.get(id=id_)
    assert (answer.status, row.source, row.status) == (303, "form", "succeeded")
    assert answer.headers["Location"].startswith("/transfers/")
    lines = [json.loads(line) for line in served.log.read_text().splitlines() if id_ in line]
    (line,) = [line for line in lines if line["event"] == "answered"]
    assert (line["status"], line["milliseconds"] > 250) == (303, True)


def test_a_refusal_is_shown_at_its_field_with_a_new_key(served, cookies):
    answer = send(served, cookies, amount="9.00", idempotency_key="mine")
    assert answer.status == 422
    assert key_in(answer.page) != "mine"
    assert Request.objects.get(key="mine").answer["code"] == "insufficient-funds"


def test_what_is_unknown_is_sent_again_with_the_key_that_was_drawn_for_it(cookies):
    with serving(DAYBOOK_COMMAND_DEADLINE="0.3") as server:
        with transaction.atomic():
            lock("account-ann")
            answer = send(server, cookies)
            assert (answer.status, int(answer.headers["Retry-After"]) >= 1) == (503, True)
        key = key_in(answer.page)
        assert send(server, cookies, idempotency_key=key).status == 303
        assert send(server, cookies, idempotency_key=key).status == 303
    assert Request.objects.filter(key=key).count() == 1
    assert Balance.objects.get(account="ann").posted == 499


def test_what_was_done_is_told_though_its_page_cannot_be_shown(served, cookies):
    """Somebody ends the session while the command waits."""
    with transaction.atomic():
        lock("account-ann")
        waiting = InThread(lambda: send(served, cookies))
        until(blocked("transactionid"), "the form that waits")
        InThread(Session.objects.all().delete).result()
    answer = waiting.result()
    place = f"/requests/{answer.headers['Daybook-Request']}"
    assert (answer.status, answer.headers["Location"]) == (303, place)
    assert Balance.objects.get(account="ann").posted == 499
