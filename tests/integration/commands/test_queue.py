"""The queue: what was accepted is done later, in order, once, and whatever happens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from commands.access.models import User
from commands.engine import endings
from commands.engine.dispatch import dispatch, submission
from commands.engine.errors import AlreadyBegun
from commands.engine.models import Notification, Request
from commands.engine.outcomes import Outcome
from commands.engine.queries import outcome, shown
from eventstore.store import latest_position, read_all
from projections.ledger.models import Balance
from tests.examples.asking import rich
from tests.examples.connections import another_connection
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
