"""What goes wrong on our side: one endpoint's trouble is no other's, and what is lost is found."""

import asyncio
import threading
from uuid import UUID

import pytest
from django.db import OperationalError, connection

from commands.webhooks import claims, worker
from commands.webhooks.models import Delivery, Endpoint
from commands.webhooks.sending import Line
from tests.examples.connections import InThread, another_connection, hops_in_one_thread, until
from tests.examples.factories import user
from tests.examples.people import SAM, Person
from tests.examples.receiving import delivering, endpoint, happen, receiver

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = Person("olga", UUID(int=0x77), SAM.rights)
LOST = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)"""


def position(of):
    return Endpoint.objects.get(id=of.id).position


def test_a_defect_in_sending_to_one_is_logged_and_stops_no_other(monkeypatch, caplog):
    read = worker._read

    def broken(claim):
        if claim.prefix:
            raise ValueError("a defect")
        return read(claim)

    monkeypatch.setattr(worker, "_read", broken)
    with receiver() as to, receiver() as other, delivering():
        bad, good = endpoint(to, prefix="shop"), endpoint(other)
        happen(3, stream="account-shop")
        until(lambda: position(good) == 3 and "a defect" in caplog.text)
    assert (to.received, position(bad)) == ([], 0)
    assert caplog.text.count("ValueError: a defect") == 1, "it waits for the end of its lease"
    secrets = [bytes(each.secret) for each in (bad, good)]
    assert not any(str(each) in caplog.text or each.hex() in caplog.text for each in secrets)


def test_what_nobody_foresaw_in_sending_counts_as_a_failure(monkeypatch):
    async def fail(self, body, headers):
        raise ZeroDivisionError

    monkeypatch.setattr(Line, "post", fail)
    with receiver() as to, delivering():
        made = endpoint(to)
        happen()
        until(lambda: Endpoint.objects.get(id=made.id).attempts == 1)
    failing = Endpoint.objects.get(id=made.id)
    assert failing.next_at > failing.failing_since
    (tried,) = Delivery.objects.all()
    assert tried.error.startswith("Daybook could not send it")


@pytest.mark.parametrize("lost", [{"is_active": False}, {"groups": []}])
def test_who_may_not_operate_any_more_is_sent_nothing_more(lost):
    made, other = endpoint("https://example.com/hook"), endpoint("https://example.com/hook")
    Endpoint.objects.filter(id=other.id).update(created_by=user(OTHER).id)
    happen()
    sam = user(SAM)
    sam.groups.set(lost.get("groups", sam.groups.all()))
    sam.is_active = lost.get("is_active", True)
    sam.save()
    assert [each.endpoint for each in claims.claim(5)] == [other.id]
    switched_off = Endpoint.objects.get(id=made.id)
    assert (switched_off.active, switched_off.claim) == (False, None)
    assert switched_off.switched_off == claims.MAKER
    assert claims.claim(5) == []


def test_a_claim_shows_no_secret():
    made = endpoint("https://example.com/hook")
    happen()
    (claim,) = claims.claim(5)
    assert claim.secrets == [made.secret]
    assert str(made.secret) not in repr(claim)
    assert "secret" not in repr(claim)


def test_what_one_has_taken_on_nobody_else_does():
    made = [endpoint("https://example.com/hook") for _ in range(3)]
    happen()
    first, second = claims.claim(2), claims.claim(2)
    assert {each.endpoint for each in first + second} == {each.id for each in made}
    assert len(second) == 1
    assert claims.claim(5) == []
    claims.release(first[0])
    assert [each.endpoint for each in claims.claim(5)] == [first[0].endpoint]


def test_a_lease_that_has_ended_is_anothers_and_moves_nothing_any_more():
    made = endpoint("https://example.com/hook")
    happen(2)
    (old,) = claims.claim(1)
    Endpoint.objects.update(claimed_until=made.created_at)
    (new,) = claims.claim(1)
    assert not claims.move(old, 2)
    claims.release(old)
    assert claims.claim(1) == [], "the old one gives nothing back"
    assert claims.move(new, 1)
    assert position(made) == 1


def test_lost_connections_are_made_again(caplog):
    with receiver() as to, delivering():
        made = endpoint(to)
        happen()
        until(lambda: position(made) == 1)
        with another_connection() as other:
            other.execute(LOST, [connection.connection.info.backend_pid])
        happen(2)
        until(lambda: to.positions[-1] == 3, seconds=40)
    assert list(dict.fromkeys(to.positions)) == [1, 2, 3]


def test_a_database_that_does_not_answer_is_waited_for(monkeypatch):
    claim, failures = claims.claim, [OperationalError("gone")] * 2

    def fails(most):
        if failures:
            raise failures.pop()
        return claim(most)

    monkeypatch.setattr(claims, "claim", fails)
    with receiver() as to, delivering():
        endpoint(to)
        happen()
        until(lambda: to.positions == [1])


def test_told_to_stop_it_gives_back_what_it_had_taken_on(monkeypatch):
    monkeypatch.setattr(worker, "GRACE", 0.2)

    async def hanging(request, writer):
        await asked.wait()

    asked, stop = asyncio.Event(), threading.Event()
    with receiver(hanging) as to, hops_in_one_thread():
        made = endpoint(to)
        happen()
        loop = InThread(lambda: worker.run(stop))
        until(lambda: to.received)
        stop.set()
        loop.result()
    row = Endpoint.objects.get(id=made.id)
    assert (row.claim, row.position, row.attempts) == (None, 0, 0)
