"""The window on requests that did not succeed: what is waited for, what went wrong, and again."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from commands.engine import endings, retries
from commands.engine.decider import handlers
from commands.engine.errors import Busy, Malformed
from commands.engine.models import Request
from projections.ledger.models import Balance
from tests.examples.asking import rich
from tests.examples.connections import InThread
from tests.examples.factories import UserFactory
from tests.examples.http import Api
from tests.examples.people import ANN, BOB, SAM, VIC
from tests.examples.queueing import pay_later, row, work
from tests.integration.admin.windows import listed, shown, staff, text

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def accounts():
    rich("ann", 500, owner=ANN)
    rich("bob", 0, owner=BOB)


@pytest.fixture
def failed(monkeypatch):
    """A payment that failed once and for all, with its key."""
    return fail(monkeypatch, key="k")


def fail(monkeypatch, **about) -> Request:
    monkeypatch.setattr(endings, "ATTEMPTS", 1)
    handler = handlers()["post_transfer"]
    decide = handler.decide

    def fails(*_):
        raise RuntimeError("the disk is full")

    object.__setattr__(handler, "decide", fails)
    try:
        asked = pay_later(30, **about)
        work()
    finally:
        object.__setattr__(handler, "decide", decide)
    return row(asked)


def again(of: Request) -> str:
    return reverse("admin:commands_request_again", args=[of.id])


# --- what it shows ---------------------------------------------------------------------------


def test_one_that_waits_says_so():
    waiting = row(pay_later(1))
    said = text(staff(VIC).get(shown("commands_request", waiting.pk)))
    assert "Status: accepted" in said
    assert "Attempts: 0" in said


def test_one_that_failed_says_why_to_staff(failed):
    page = staff(SAM).get(shown("commands_request", failed.pk))
    assert "the disk is full" in text(page)
    assert again(failed) in page.content.decode()


def test_one_that_is_malformed_says_where_it_is_wrong():
    answer = Api(ANN).post("/transfers", {"from": "ann", "to": "bob", "amount": "1.0"})
    vic = staff(VIC)
    said = text(vic.get(shown("commands_request", answer["Daybook-Request"])))
    assert "/amount" in said
    assert "malformed" in said
    assert "1.0" in said
    found = vic.get(f"{listed('commands_request')}?status=malformed").context["cl"].result_list
    assert [str(each.id) for each in found] == [answer["Daybook-Request"]]


# --- running it again ------------------------------------------------------------------------


def test_it_asks_first_and_then_runs_it_again(failed):
    sam = staff(SAM)
    asked = sam.get(again(failed))
    assert "post_transfer was asked for by sam and failed" in text(asked)
    assert Request.objects.filter(retry_of=failed.id).count() == 0
    answer = sam.post(again(failed), follow=True)
    (new,) = Request.objects.filter(retry_of=failed.id)
    assert (new.status, new.key, new.principal) == ("accepted", "k", failed.principal)
    assert f"It is accepted as request {new.id}." in text_of_messages(answer)
    assert shown("commands_request", new.id) in answer.content.decode()
    assert f"{new.id} accepted" in text(sam.get(shown("commands_request", failed.id)))
    assert str(failed.id) in text(sam.get(shown("commands_request", new.id)))
    work()
    assert Balance.objects.get(account="bob").posted == 30
    (entry,) = LogEntry.objects.all()
    assert (entry.user_id, entry.object_id) == (SAM.id, str(failed.id))
    assert str(new.id) in entry.change_message


def text_of_messages(answer) -> str:
    said = " ".join(str(each) for each in answer.context["messages"])
    return re.sub(r"<[^>]*>", "", said)


def test_it_is_done_once_however_often_it_is_pressed(monkeypatch):
    keyless = fail(monkeypatch)
    pressed = [InThread(lambda: press(keyless)) for _ in range(4)]
    assert sorted(each.result() for each in pressed) == ["accepted", *["again already"] * 3]
    work()
    assert press(keyless) == "again already"
    assert Balance.objects.get(account="bob").posted == 30


def press(on: Request) -> str:
    try:
        return retries.run_again(on).status
    except Malformed as error:
        return "again already" if "again already" in str(error) else str(error)


def test_a_key_that_was_used_since_is_said(failed):
    Api(SAM).post("/transfers", {"from": "ann", "to": "bob", "amount": 1}, key="k")
    answer = staff(SAM).post(again(failed), follow=True)
    assert "has been used again since" in text_of_messages(answer)
    assert not Request.objects.filter(status="accepted").exists()
    assert "used again since" in LogEntry.objects.get().change_message


def test_what_is_forgotten_is_said(failed):
    Request.objects.filter(id=failed.id).update(payload=None)
    answer = staff(SAM).post(again(failed), follow=True)
    assert "no longer kept" in text_of_messages(answer)


def test_a_busy_ledger_is_said(failed, monkeypatch):
    def busy(_):
        raise Busy

    monkeypatch.setattr("commands.engine.queue.dispatch", busy)
    answer = staff(SAM).post(again(failed), follow=True)
    assert "The ledger is busy" in text_of_messages(answer)


def test_what_did_not_fail_is_not_run_again():
    paid = Request.objects.filter(status="succeeded").first()
    sam = staff(SAM)
    assert again(paid) not in sam.get(shown("commands_request", paid.id)).content.decode()
    answer = sam.post(again(paid), follow=True)
    assert "It did not fail." in text_of_messages(answer)
    assert not Request.objects.filter(retry_of=paid.id).exists()


def test_who_does_not_operate_may_look_and_no_more(failed, client):
    vic = staff(VIC)
    assert again(failed) not in vic.get(shown("commands_request", failed.id)).content.decode()
    for method in (vic.get, vic.post):
        assert method(again(failed)).status_code == 403
    assert client.post(again(failed)).headers["Location"].startswith("/admin/login/")
    assert not Request.objects.filter(retry_of=failed.id).exists()


def test_who_may_everything_may_this(failed, client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert client.post(again(failed)).status_code == 302
    assert Request.objects.filter(retry_of=failed.id).count() == 1


def test_a_form_from_elsewhere_does_nothing(failed):
    sam = staff(SAM)
    sam.handler.enforce_csrf_checks = True
    assert sam.post(again(failed)).status_code == 403
    assert not Request.objects.filter(retry_of=failed.id).exists()


def test_an_odd_address_is_not_found():
    sam = staff(SAM)
    assert sam.get(again(Request(id=ANN.id))).status_code == 404
    assert sam.put(again(Request(id=ANN.id))).status_code == 405
