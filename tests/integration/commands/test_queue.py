"""The queue: what was accepted is done later, in order, once, and whatever happens."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError

from commands.access.models import User
from commands.engine import endings, queue
from commands.engine.decider import handlers
from commands.engine.dispatch import dispatch, submission
from commands.engine.errors import AlreadyBegun
from commands.engine.models import Notification, Request
from commands.engine.outcomes import Outcome
from commands.engine.queries import outcome, shown
from commands.engine.queue import Worker
from commands.engine.run import run
from commands.ledger.messages import PostTransfer
from eventstore.store import latest_position, read_all
from projections.ledger.models import Balance
from tests.examples.asking import rich
from tests.examples.connections import HEAD, InThread, another_connection
from tests.examples.factories import user
from tests.examples.people import ANN, BOB, SAM
from tests.examples.queueing import accept, pay_later, row, statuses, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def accounts():
    rich("ann", 500, owner=ANN)
    rich("bob", 0, owner=BOB)


def test_it_is_accepted_first_and_done_later():
    before = latest_position()
    accepted = pay_later(30)
    assert (accepted.status, accepted.http_status, accepted.position) == ("accepted", 202, None)
    assert latest_position() == before
    assert shown(row(accepted))["answer"] is None
    work()
    done = row(accepted)
    assert (done.status, done.http_status, outcome(done).position) == ("succeeded", 201, before + 3)
    assert (done.road, done.source) == ("queued", "api")
    assert {"account-ann", "account-bob"} < done.decided_on.keys()
    assert Balance.objects.get(account="bob").posted == 30
    assert {event.metadata["request"] for event in read_all(after=before)} == {str(done.id)}


def test_what_it_answers_is_what_it_would_have_answered_at_once():
    later, now = pay_later(30), submission("post_transfer", PAY, principal=SAM.principal)
    at_once = dispatch(now)
    work()
    queued = outcome(row(later))
    assert _without_ids(queued) == _without_ids(at_once)


PAY = {"from": "ann", "to": "bob", "amount": 30}


def _without_ids(of: Outcome):
    told = {**of.answer["transfer"], "id": None}
    streams = [each["stream"].partition("-")[0] for each in of.answer["events"]]
    return of.status, of.http_status, told, streams


def test_requests_of_one_person_are_done_in_the_order_in_which_they_were_sent():
    sent = [pay_later(amount) for amount in range(1, 31)]
    work()
    amounts = [e.data["amount"] for e in read_all() if e.type == "ledger.account_credited"]
    assert amounts[1:] == [str(n) for n in range(1, 31)]
    assert [row(each).status for each in sent] == ["succeeded"] * 30


def test_many_are_done_in_one_transaction(django_assert_max_num_queries):
    for _ in range(40):
        pay_later()
    with django_assert_max_num_queries(20):
        work()
    assert statuses() == {"succeeded": 40}


def test_a_refusal_is_told_later_and_uses_the_key_up():
    accepted = pay_later(501, key="k")
    work()
    refused = row(accepted)
    assert (refused.status, refused.answer["code"]) == ("refused", "insufficient-funds")
    told = Notification.objects.get()
    assert (told.user, told.kind, told.request) == (SAM.id, "refused", refused.id)
    assert told.text.startswith("Post transfer was not done. ")
    again = dispatch(
        submission("post_transfer", {**PAY, "amount": 501}, principal=SAM.principal, key="k")
    )
    assert (again.replayed, again.request, again.http_status) == (True, refused.id, 422)


def test_a_refusal_that_no_rule_gave_is_final_too():
    accepted = accept("post_transfer", {**PAY, "from": "nobody"}, key="k")
    work()
    assert (row(accepted).http_status, row(accepted).key) == (404, "k")


def test_the_key_of_one_that_waits_answers_with_it():
    first = pay_later(30, key="k")
    before = Request.objects.count()
    for later in (True, False):
        again = dispatch(
            submission("post_transfer", PAY, principal=SAM.principal, key="k", later=later)
        )
        assert (again.status, again.request, again.replayed) == ("accepted", first.request, True)
    other = dispatch(
        submission("post_transfer", {**PAY, "amount": 31}, principal=SAM.principal, key="k")
    )
    assert other.answer["code"] == "idempotency-key-reused"
    assert Request.objects.count() == before + 1
    work()
    assert Balance.objects.get(account="bob").posted == 30
    replayed = dispatch(submission("post_transfer", PAY, principal=SAM.principal, key="k"))
    assert (replayed.status, replayed.replayed) == ("succeeded", True)


def test_it_is_decided_with_the_rights_of_then():
    accepted = pay_later(30, by=BOB)
    User.objects.filter(id=BOB.id).update(is_active=False)
    gone = pay_later(30, by=ANN)
    User.objects.filter(id=ANN.id).update(is_active=False)
    work()
    assert (row(accepted).http_status, row(gone).http_status) == (403, 403)
    assert Balance.objects.get(account="bob").posted == 0


def test_it_is_as_limited_as_its_token():
    user(SAM)
    limited = replace(SAM.principal, prefix="bob")
    accepted = dispatch(submission("post_transfer", PAY, principal=limited, later=True))
    work()
    at_once = dispatch(submission("post_transfer", PAY, principal=limited))
    assert outcome(row(accepted)).answer == at_once.answer
    assert at_once.status == "refused"


def test_a_version_that_was_read_is_still_asked_for():
    change = {"account": "ann", "name": "Anna"}
    stale = accept("change_account_details", change, expected={"account-ann": 1})
    right = accept("change_account_details", change, expected={"account-ann": 2})
    work()
    assert (row(stale).http_status, row(right).http_status) == (412, 200)


def test_one_that_is_scheduled_waits_until_then():
    now = datetime.now(UTC)
    due = pay_later(10, not_before=now + timedelta(hours=1))
    past = pay_later(20, not_before=now - timedelta(hours=1))
    assert due.body["request"]["not_before"] is not None
    work()
    assert (row(due).status, row(past).status) == ("accepted", "succeeded")
    Request.objects.filter(id=due.request).update(not_before=now)
    work()
    assert row(due).status == "succeeded"


def test_one_that_is_due_joins_behind_those_that_wait():
    now = datetime.now(UTC)
    scheduled = pay_later(1, not_before=now + timedelta(hours=1))
    waiting = pay_later(2)
    Request.objects.filter(id=scheduled.request).update(not_before=now)
    work()
    assert row(waiting).first_position < row(scheduled).first_position


def test_one_that_was_due_is_not_overtaken_by_one_that_came_later():
    now = datetime.now(UTC)
    scheduled = pay_later(1, not_before=now + timedelta(hours=1))
    Request.objects.filter(id=scheduled.request).update(not_before=now)
    later = pay_later(2)
    assert row(scheduled).place < row(later).place
    work()
    assert row(scheduled).first_position < row(later).first_position


# --- cancelling ------------------------------------------------------------------------------


def test_it_may_be_cancelled_until_it_is_begun():
    accepted = pay_later(30, key="k")
    endings.cancel(row(accepted), by=SAM.id)
    work()
    cancelled = row(accepted)
    assert (cancelled.status, cancelled.answer["code"]) == ("refused", "cancelled")
    assert Balance.objects.get(account="bob").posted == 0
    assert Notification.objects.count() == 0
    again = dispatch(submission("post_transfer", PAY, principal=SAM.principal, key="k"))
    assert (again.replayed, again.answer["code"]) == (True, "cancelled")
    with pytest.raises(AlreadyBegun):
        endings.cancel(cancelled, by=SAM.id)


def test_one_that_is_being_decided_is_begun():
    accepted = pay_later(30)
    with another_connection() as worker:
        worker.execute("SELECT FROM commands_request WHERE id = %s FOR UPDATE", [accepted.request])
        with pytest.raises(AlreadyBegun):
            endings.cancel(row(accepted), by=SAM.id)
        work()
        assert row(accepted).status == "accepted"
    work()
    assert row(accepted).status == "succeeded"


def test_who_asked_is_told_when_somebody_else_cancels_it():
    accepted = pay_later(30, by=ANN)
    endings.cancel(row(accepted), by=SAM.id)
    told = Notification.objects.get()
    assert (told.user, told.request) == (ANN.id, accepted.request)


# --- what gets in the way --------------------------------------------------------------------


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
