"""What gets in the queue's way: what others hold, what fails, and workers beside each other."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from django.db import OperationalError

from commands.engine import endings, queue
from commands.engine.decider import handlers
from commands.engine.dispatch import dispatch, submission
from commands.engine.models import Notification, Request
from commands.engine.queries import outcome
from commands.engine.queue import Worker
from commands.engine.run import run
from commands.ledger.messages import PostTransfer
from projections.ledger.models import Balance
from tests.examples.asking import rich
from tests.examples.connections import HEAD, InThread, another_connection
from tests.examples.people import ANN, BOB, SAM
from tests.examples.queueing import accept, pay_later, row, statuses, work

pytestmark = pytest.mark.django_db(transaction=True)

PAY = {"from": "ann", "to": "bob", "amount": 30}


@pytest.fixture(autouse=True)
def accounts():
    rich("ann", 500, owner=ANN)
    rich("bob", 0, owner=BOB)


def test_an_account_that_somebody_holds_keeps_its_lane_waiting_and_no_other(monkeypatch):
    monkeypatch.setattr(queue, "REST", 0.001)
    first, second = pay_later(1), accept("change_account_details", {"account": "bob", "name": "B"})
    other = accept("post_transfer", {"from": "world", "to": "bob", "amount": 5}, by=BOB)
    assert row(first).lane != row(other).lane
    with another_connection() as holder:
        holder.execute(HEAD.format("ann"))
        worker = work(until=lambda: row(other).status != "accepted")
        assert [row(each).status for each in (first, second)] == ["accepted", "accepted"]
    work(worker, until=lambda: row(second).status != "accepted")
    assert [row(each).status for each in (first, second)] == ["succeeded", "succeeded"]
    assert row(first).attempts == 0


@pytest.fixture
def poison(monkeypatch):
    """Paying 13 is our fault."""
    handler = handlers()["post_transfer"]
    decide = handler.decide

    def fails(command, states, context):
        assert isinstance(command, PostTransfer)
        if command.legs[0].amount == 13:
            raise RuntimeError("thirteen")
        return decide(command, states, context)

    object.__setattr__(handler, "decide", fails)
    yield
    object.__setattr__(handler, "decide", decide)


def test_one_that_fails_holds_its_lane_until_it_is_given_up(poison, monkeypatch):
    monkeypatch.setattr(endings, "FIRST_PAUSE", 0)
    before, bad, after = pay_later(1), pay_later(13, key="k"), pay_later(2)
    others = [pay_later(3, by=ANN) for _ in range(20)]
    worker = Worker()
    worker.step()
    assert [row(each).status for each in (before, bad, after)] == [
        "succeeded", "accepted", "accepted",
    ]  # fmt: skip
    assert (row(bad).attempts, row(bad).error) == (1, "RuntimeError: thirteen")
    work(worker, until=lambda: row(after).status != "accepted")
    failed = row(bad)
    assert (failed.status, failed.attempts + 1) == ("failed", endings.ATTEMPTS)
    assert outcome(failed).told["code"] == "internal"
    assert failed.error == "RuntimeError: thirteen"
    assert row(after).status == "succeeded"
    assert {row(each).status for each in others} == {"succeeded"}
    assert Notification.objects.get().kind == "failed"


def test_after_a_failure_it_is_tried_again_later_and_longer(poison, monkeypatch):
    bad, after = pay_later(13), pay_later(1)
    work()
    assert (row(bad).attempts, row(after).status) == (1, "accepted")
    pauses = []
    for _ in range(3):
        pauses.append((row(bad).retry_at - datetime.now(UTC)).total_seconds())
        Request.objects.filter(id=bad.request).update(retry_at=datetime.now(UTC))
        work()
    assert 0 < pauses[0] < 1.3 < pauses[1] < 2.6 < pauses[2] < 5.1


def test_a_failure_frees_its_key_and_may_be_run_again(poison, monkeypatch):
    monkeypatch.setattr(endings, "ATTEMPTS", 1)
    bad = pay_later(13, key="k")
    work()
    failed = row(bad)
    monkeypatch.undo()
    again = queue.again(failed)
    assert (again.status, row(again).retry_of, row(again).key) == ("accepted", failed.id, "k")
    once_more = queue.again(failed)
    assert (once_more.status, once_more.answer["code"]) == ("refused", "key-used-since")


def test_two_workers_share_the_work_and_double_nothing():
    sent = [pay_later(1, by=person) for _ in range(50) for person in (SAM, ANN)]
    workers = [InThread(lambda: work()) for _ in range(2)]
    for each in workers:
        each.result()
    work()
    assert statuses() == {"succeeded": len(sent)}
    assert Balance.objects.get(account="bob").posted == len(sent)


def test_a_bulk_is_done_later_as_one():
    each = {"command": "post_transfer", "data": PAY}
    refused = {"command": "post_transfer", "data": {**PAY, "amount": 10**6}}
    done = accept("bulk", {"atomic": True, "commands": [each, each]})
    undone = accept("bulk", {"atomic": True, "commands": [each, refused]})
    mixed = accept("bulk", {"atomic": False, "commands": [each, refused]})
    work()
    assert [row(o).status for o in (done, undone, mixed)] == ["succeeded", "refused", "succeeded"]
    assert row(undone).answer["facts"]["index"] == 1
    assert Balance.objects.get(account="bob").posted == 90


def test_who_did_not_wait_is_told_of_a_command_of_a_bulk_that_was_refused():
    each = {"command": "post_transfer", "data": PAY}
    refused = {"command": "post_transfer", "data": {**PAY, "amount": 10**6}}
    accepted = accept("bulk", {"atomic": False, "commands": [each, refused, each]})
    work()
    told = Notification.objects.get()
    assert (told.kind, told.request) == ("refused", accepted.request)
    assert told.text == "1 of 3 commands sent together were not done."


def test_a_batch_is_so_many_commands_however_they_came(monkeypatch):
    monkeypatch.setattr(queue, "MAX_BATCH", 10)
    each = {"command": "post_transfer", "data": {**PAY, "amount": 1}}
    bulks = [
        accept("bulk", {"atomic": True, "commands": [each] * 8}, by=person)
        for person in (SAM, ANN, BOB)
    ]
    worker = Worker()
    for left in (2, 1, 0):
        worker.step()
        assert sum(row(each).status == "accepted" for each in bulks) == left


def test_much_to_read_is_reckoned_as_many_commands():
    big = {f"k{n}": "x" * 150 for n in range(50)}
    body = {"code": "a", "name": "A", "currency": "EUR", "metadata": big}
    assert row(accept("open_account", body)).size == 2
    assert row(pay_later()).size == 1


def test_a_request_that_costs_the_connection_each_time_fails_and_the_others_are_done(monkeypatch):
    monkeypatch.setattr(endings, "FIRST_PAUSE", 0)
    bad, good = pay_later(13), pay_later(1, by=ANN)
    decide = queue.decide

    def breaks(asked, **about):
        if any(each.payload.get("amount") == 13 for each in asked):
            raise OperationalError("server closed the connection unexpectedly")
        return decide(asked, **about)

    monkeypatch.setattr(queue, "decide", breaks)
    worker = Worker()
    for _ in range(100):
        with suppress(OperationalError):
            worker.step()
    assert (row(bad).status, row(good).status) == ("failed", "succeeded")


def test_how_often_a_key_was_asked_again_is_counted():
    asked = submission("post_transfer", PAY, principal=SAM.principal, key="k")
    for _ in range(3):
        dispatch(asked)
    twice = [
        submission("post_transfer", PAY, principal=SAM.principal, key="double") for _ in range(2)
    ]
    run(twice)
    waiting = pay_later(30, key="later")
    pay_later(30, key="later")
    counts = dict(Request.objects.exclude(key=None).values_list("key", "replays"))
    assert (counts["k"], counts["double"], counts["later"]) == (2, 1, 1)
    assert row(waiting).status == "accepted"
