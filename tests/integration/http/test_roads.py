"""The roads over HTTP: `Prefer`, `not_before`, what waits, what is cancelled, what is told."""

from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from django.core import mail

from commands.access.models import User
from commands.engine import housekeeping, mailing
from commands.engine.models import Notification, Request
from eventstore.store import latest_position
from tests.examples.asking import rich
from tests.examples.connections import InThread, another_connection
from tests.examples.http import Api
from tests.examples.people import ANN, BOB, SAM, VIC
from tests.examples.queueing import work

pytestmark = pytest.mark.django_db(transaction=True)

PAY = {"from": "ann", "to": "bob", "amount": 30}
LATER = {"Prefer": "respond-async"}


@pytest.fixture
def sam():
    rich("ann", 100, owner=ANN)
    rich("bob", 0, owner=BOB)
    return Api(SAM)


def test_what_is_accepted_is_answered_with_where_it_will_be_seen(sam):
    before = latest_position()
    answer = sam.post("/transfers", PAY, **LATER)
    request = answer.json()["request"]
    assert (answer.status_code, answer["Preference-Applied"]) == (202, "respond-async")
    assert answer["Location"] == f"/api/v1/requests/{answer['Daybook-Request']}"
    assert "Daybook-Position" not in answer
    assert request == {
        "id": answer["Daybook-Request"], "status": "accepted", "position": None, "events": [],
        "not_before": None,
    }  # fmt: skip
    assert latest_position() == before
    pending = sam.get(f"/requests/{request['id']}").json()
    assert (pending["status"], pending["answer"], pending["decided_at"]) == ("accepted", None, None)
    work()
    done = sam.get(f"/requests/{request['id']}").json()
    assert (done["status"], done["answer"]["status"], done["road"]) == ("succeeded", 201, "queued")
    shown = sam.get(f"/transfers/{done['answer']['body']['transfer']['id']}")
    assert done["answer"]["body"]["transfer"] == shown.json()


def test_only_its_shape_is_looked_at_when_it_is_accepted(sam):
    assert sam.post("/transfers", {**PAY, "amount": 0}, **LATER).status_code == 400
    assert sam.post("/transfers", {**PAY, "from": "nobody"}, **LATER).status_code == 202
    assert Api(VIC).post("/transfers", PAY, **LATER).status_code == 202
    assert Api(SAM, scopes=["read"]).post("/transfers", PAY, **LATER).status_code == 403


def test_a_dry_run_is_answered_at_once(sam):
    answer = sam.post("/transfers?dry_run=true", PAY, **LATER)
    assert (answer.status_code, answer["Daybook-Dry-Run"]) == (200, "true")
    assert not Request.objects.filter(status="accepted").exists()


@pytest.mark.parametrize("prefer", ["handling=strict", "wait=5", "respond-async=maybe", '"'])
def test_preferences_that_are_none_of_ours_are_ignored(sam, prefer):
    answer = sam.post("/transfers", PAY, Prefer=prefer)
    assert (answer.status_code, "Preference-Applied" in answer) == (201, False)


# --- the gateway -----------------------------------------------------------------------------


def test_the_gateway_answers_as_if_it_had_been_awaited(sam):
    asked = InThread(lambda: sam.post("/transfers", PAY, Prefer="respond-async, wait=20"))
    work(until=lambda: not asked.is_alive())
    answer, awaited = asked.result(), sam.post("/transfers", PAY)
    assert (answer.status_code, answer["Preference-Applied"]) == (201, "wait=20")
    assert answer.json().keys() == awaited.json().keys()
    assert answer["Daybook-Position"] == str(answer.json()["request"]["position"])
    assert Request.objects.get(id=answer["Daybook-Request"]).road == "gateway"


def test_the_gateway_tells_a_refusal_and_nobody_is_told_twice(sam):
    body = {**PAY, "amount": 10**6}
    asked = InThread(lambda: sam.post("/transfers", body, Prefer="respond-async, wait=20"))
    work(until=lambda: not asked.is_alive())
    answer, awaited = asked.result(), sam.post("/transfers", body)
    assert (answer.status_code, answer.json()) == (422, awaited.json())
    assert answer["Content-Type"] == awaited["Content-Type"] == "application/problem+json"
    assert sam.get("/requests?unseen=true").json()["requests"] == []
    assert Notification.objects.get().mail_at is None


def test_the_gateway_says_accepted_when_its_time_is_up(sam):
    answer = sam.post("/transfers", PAY, Prefer="respond-async, wait=1")
    assert (answer.status_code, answer["Preference-Applied"]) == (202, "respond-async")


def test_one_may_ask_again_and_wait(sam):
    path = sam.post("/transfers", PAY, **LATER)["Location"].removeprefix("/api/v1")
    assert sam.get(f"{path}?wait=1").json()["status"] == "accepted"
    asked = InThread(lambda: sam.get(f"{path}?wait=20"))
    work(until=lambda: not asked.is_alive())
    assert asked.result().json()["status"] == "succeeded"
    refused = sam.post("/transfers", {**PAY, "amount": 10**6}, **LATER)["Location"]
    work()
    assert sam.get(f"{refused.removeprefix('/api/v1')}?wait=1").json()["status"] == "refused"
    assert sam.get("/requests?unseen=true").json()["requests"] == []
    for wrong in ("-1", "61", "soon"):
        assert sam.get(f"{path}?wait={wrong}").status_code == 400


# --- for later -------------------------------------------------------------------------------


def test_it_may_be_asked_for_a_time_to_come(sam):
    due = (datetime.now(UTC) + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    answer = sam.post(f"/transfers?not_before={due}", PAY)
    assert (answer.status_code, answer.json()["request"]["not_before"]) == (202, due)
    assert "Preference-Applied" not in answer
    work()
    path = answer["Location"].removeprefix("/api/v1")
    assert sam.get(path).json()["status"] == "accepted"
    assert sam.get(path).json()["not_before"] == due
    for wrong in (
        *("tomorrow", "2027-01-01", "2027-13-01T00:00:00Z", "2027-01-01T00:00:00"),
        *("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00%2B12:00", "0001-01-01T00:00:00Z"),
    ):
        assert sam.post(f"/transfers?not_before={wrong}", PAY).status_code == 400


def test_a_command_of_a_bulk_may_be_for_later(sam):
    due = (datetime.now(UTC) + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    now = {"command": "post_transfer", "data": {**PAY, "amount": 5}}
    for atomic in (True, False):
        later = {**now, "not_before": due, "idempotency_key": f"later-{atomic}"}
        answer = sam.post("/bulk", {"atomic": atomic, "commands": [now, later]}, key=f"k-{atomic}")
        assert [each["status"] for each in answer.json()["outcomes"]] == [201, 202]
        request = answer.json()["outcomes"][1]["body"]["request"]
        assert (request["status"], request["not_before"]) == ("accepted", due)
        again = sam.post("/bulk", {"atomic": atomic, "commands": [now, later]}, key=f"k-{atomic}")
        assert again.json() == answer.json()
        Request.objects.filter(id=request["id"]).update(not_before=datetime.now(UTC))
        work()
        assert sam.get(f"/requests/{request['id']}").json()["answer"]["status"] == 201


def test_a_command_of_a_bulk_whose_key_waits_is_answered_with_what_waits(sam):
    due = (datetime.now(UTC) + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    each = {"command": "post_transfer", "data": PAY, "not_before": due, "idempotency_key": "k"}
    for atomic in (False, True):
        bodies = [
            sam.post("/bulk", {"atomic": atomic, "commands": [each]}).json() for _ in range(2)
        ]
        (first,), (again,) = (body["outcomes"] for body in bodies)
        assert first == again
        assert first["status"] == 202
    assert Request.objects.filter(status="accepted").count() == 1


def test_a_token_for_some_accounts_sees_what_was_asked_with_it(sam):
    bound, other = Api(SAM, prefix="ann"), Api(SAM, prefix="bob")
    path = bound.post("/transfers", PAY, **LATER)["Location"].removeprefix("/api/v1")
    assert bound.get(path).json()["status"] == "accepted"
    assert other.get(path).status_code == 404
    assert other.write("DELETE", path, "").status_code == 404
    assert bound.write("DELETE", path, "").json()["status"] == "refused"


# --- cancelling ------------------------------------------------------------------------------


def test_it_is_cancelled_by_delete_until_it_is_begun(sam):
    path = sam.post("/transfers", PAY, key="k", **LATER)["Location"].removeprefix("/api/v1")
    answer = sam.write("DELETE", path, "")
    assert (answer.status_code, answer.json()["status"]) == (200, "refused")
    assert answer.json() == sam.get(path).json()
    assert answer.json()["answer"]["body"]["code"] == "cancelled"
    work()
    replayed = sam.post("/transfers", PAY, key="k")
    assert (replayed.status_code, replayed.json()["code"]) == (422, "cancelled")
    assert replayed["Idempotent-Replayed"] == "true"
    again = sam.write("DELETE", path, "")
    assert (again.status_code, again.json()["code"]) == (422, "already-begun")


def test_one_that_is_being_decided_can_no_longer_be_cancelled(sam):
    path = sam.post("/transfers", PAY, **LATER)["Location"].removeprefix("/api/v1")
    with another_connection() as worker:
        worker.execute("SELECT FROM commands_request WHERE status = 'accepted' FOR UPDATE")
        answer = sam.write("DELETE", path, "")
    assert (answer.status_code, answer.json()["code"]) == (422, "already-begun")


def test_it_is_cancelled_by_who_asked_or_who_operates(sam):
    path = Api(ANN).post("/transfers", PAY, **LATER)["Location"].removeprefix("/api/v1")
    for person, status in ((BOB, 404), (VIC, 404), (SAM, 200)):
        assert Api(person).write("DELETE", path, "").status_code == status
    assert Api(SAM, scopes=["read"]).write("DELETE", path, "").status_code == 403


# --- being told ------------------------------------------------------------------------------


def test_who_did_not_wait_is_told_of_a_late_refusal(sam, monkeypatch):
    User.objects.filter(id=SAM.id).update(email="sam@example.com")
    sam.post("/transfers", PAY, **LATER)
    location = sam.post("/transfers", {**PAY, "amount": 10**6}, **LATER)["Location"]
    assert sam.get("/requests?unseen=true").json()["requests"] == []
    work()
    (unseen,) = sam.get("/requests?unseen=true").json()["requests"]
    assert location.endswith(unseen["id"])
    assert Api(ANN).get("/requests?unseen=true").json()["requests"] == []
    (told,) = sam.get("/notifications?unseen=true").json()["notifications"]
    assert (told["kind"], told["request"], told["seen_at"]) == ("refused", unseen["id"], None)
    Notification.objects.update(mail_at=datetime.now(UTC))
    assert mailing.send_mails(Event()) == 1
    assert mailing.send_mails(Event()) == 0
    (sent,) = mail.outbox
    assert sent.to == ["sam@example.com"]
    assert sent.subject == "Daybook: Post transfer was not done"
    assert sam.post(f"/notifications/{told['id']}/seen", "").json()["seen_at"] is not None
    for name in ("requests", "notifications"):
        assert sam.get(f"/{name}?unseen=true").json()[name] == []
    assert len(sam.get("/notifications").json()["notifications"]) == 1
    assert Api(ANN).post(f"/notifications/{told['id']}/seen", "").status_code == 404


def test_an_e_mail_that_cannot_be_sent_is_tried_again(sam, monkeypatch):
    User.objects.filter(id=SAM.id).update(email="sam@example.com")
    sam.post("/transfers", {**PAY, "amount": 10**6}, **LATER)
    work()
    Notification.objects.update(mail_at=datetime.now(UTC))

    for error in (ConnectionRefusedError(), ValueError("no such address")):

        def fails(*_, error=error):
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(mailing, "send_mail", fails)
            assert mailing.send_mails(Event()) == 0
        assert Notification.objects.get().mail_at > datetime.now(UTC)
        Notification.objects.update(mail_at=datetime.now(UTC))
    assert mailing.send_mails(Event()) == 1


def test_the_worker_keeps_house_until_it_is_told_to_stop(sam):
    class Stop:
        looks = iter([False, False, True])

        def is_set(self):
            return False

        def wait(self, timeout):
            return next(self.looks)

    housekeeping.run(Stop())
