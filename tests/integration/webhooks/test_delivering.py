"""Events reach their endpoints: signed, in order, as the log has them, and are tried again."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from commands.engine.models import Notification
from commands.webhooks import claims, endpoints, retries, signing
from commands.webhooks.models import Delivery, Endpoint
from commands.webhooks.queries import counts
from eventstore.store import latest_position
from tests.examples.connections import InThread, until
from tests.examples.factories import user
from tests.examples.http import Api
from tests.examples.people import SAM, VIC
from tests.examples.receiving import (
    OK,
    answering,
    delivering,
    endpoint,
    happen,
    impatient,
    receiver,
)

pytestmark = pytest.mark.django_db(transaction=True)


def caught_up() -> bool:
    head = latest_position()
    return all(each.position == head for each in Endpoint.objects.all())


def test_what_happens_from_now_on_is_sent_as_the_log_has_it():
    happen(2)
    with receiver() as to, delivering():
        made = endpoint(to)
        happen(3)
        until(lambda: len(to.received) == 3 and caught_up())
    shown = Api(VIC).get("/events?after=2").json()["events"]
    assert [each.event for each in to.received] == shown
    for each in to.received:
        assert each.headers["content-type"] == "application/json"
        assert each.headers["webhook-id"] == each.event["id"]
    assert Endpoint.objects.get(id=made.id).position == 5
    logged = Delivery.objects.order_by("id").values_list("position", "status", "attempt", "error")
    assert list(logged) == [(3, 204, 1, ""), (4, 204, 1, ""), (5, 204, 1, "")]
    assert counts() == [(str(made.id), 3, 0)]


def test_a_receiver_knows_by_its_secret_who_sent_it():
    with receiver() as to, delivering():
        made = endpoint(to)
        happen()
        until(lambda: to.received)
    (got,) = to.received
    secret = signing.shown(made.secret)
    assert Webhook(secret).verify(got.body, got.headers) == got.event
    for body, key in ((got.body + b" ", secret), (got.body, signing.shown(bytes(32)))):
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(body, got.headers)


def test_for_a_day_after_a_rotation_both_secrets_are_good():
    with receiver() as to, delivering():
        made = endpoint(to)
        rotated = endpoints.rotate(made.id)
        happen()
        until(lambda: to.received and caught_up())
        (got,) = to.received
        for secret in (made.secret, rotated.secret):
            assert Webhook(signing.shown(secret)).verify(got.body, got.headers)
        Endpoint.objects.update(previous_until=timezone.now())
        happen()
        until(lambda: len(to.received) == 2)
        got = to.received[1]
        assert Webhook(signing.shown(rotated.secret)).verify(got.body, got.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(signing.shown(made.secret)).verify(got.body, got.headers)


def test_who_rotates_twice_takes_from_receivers_no_secret_that_they_have():
    """The answer with a new secret may be lost: then it must be rotated again."""
    with receiver() as to, delivering():
        made = endpoint(to)
        secrets = [made.secret, *(endpoints.rotate(made.id).secret for _ in range(2))]
        happen()
        until(lambda: to.received and caught_up())
        for secret in secrets:
            got = to.received[0]
            assert Webhook(signing.shown(secret)).verify(got.body, got.headers)


def test_so_many_secrets_are_kept_and_no_more(db):
    made = Endpoint.objects.create(url="https://example.com", position=0, created_by=SAM.id,
                                   secret=signing.new_secret())  # fmt: skip
    secrets = [made.secret, *(endpoints.rotate(made.id).secret for _ in range(8))]
    assert Endpoint.objects.get().secrets == secrets[: -endpoints.KEPT - 2 : -1]


def test_an_endpoint_gets_the_types_and_accounts_that_it_asked_for():
    with receiver() as typed, receiver() as bound, delivering():
        endpoint(typed, types=("toy.happened",))
        endpoint(bound, prefix="shop")
        happen(stream="account-shop")
        happen(stream="account-shop:till", type="toy.else")
        happen(stream="account-shopping")
        happen(stream="transfer-shop:till")
        until(caught_up)
    assert typed.positions == [1, 3, 4]
    assert bound.positions == [1, 2]


def test_a_long_stretch_that_is_not_for_an_endpoint_moves_it_without_a_word():
    with receiver() as to, delivering():
        made = endpoint(to, types=("toy.else",))
        happen(300)
        until(caught_up)
        assert (to.received, Delivery.objects.count()) == ([], 0)
        happen(type="toy.else")
        until(lambda: to.received)
        assert Endpoint.objects.get(id=made.id).failing_since is None


def test_what_failed_is_sent_again_before_anything_else(monkeypatch):
    impatient(monkeypatch)
    with receiver(answering(500, 302, 404, 200)) as to, delivering():
        made = endpoint(to)
        happen(2)
        until(caught_up)
    assert to.positions == [1, 1, 1, 1, 2]
    logged = Delivery.objects.order_by("id").values_list("status", "attempt")
    assert list(logged) == [(500, 1), (302, 2), (404, 3), (200, 4), (200, 1)]
    kept = Endpoint.objects.get(id=made.id)
    assert (kept.attempts, kept.failing_since, kept.next_at) == (0, None, None)
    assert counts() == [(str(made.id), 2, 3)]


def test_each_attempt_is_signed_anew(monkeypatch):
    impatient(monkeypatch)
    with receiver(answering(500, 200)) as to, delivering():
        made = endpoint(to)
        happen()
        until(caught_up)
    first, second = to.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    for each in (first, second):
        Webhook(signing.shown(made.secret)).verify(each.body, each.headers)


def test_a_failure_waits_for_its_time():
    with receiver(answering(503)) as to, delivering():
        made = endpoint(to)
        happen()
        until(lambda: Endpoint.objects.get(id=made.id).next_at)
        row = Endpoint.objects.get(id=made.id)
        wait = row.next_at - row.failing_since
        assert timedelta(seconds=4) < wait < timedelta(seconds=6)
        assert row.attempts == 1
        Endpoint.objects.update(next_at=timezone.now())
        until(lambda: len(to.received) == 2)
        until(lambda: Endpoint.objects.get(id=made.id).attempts == 2)
        row.refresh_from_db()
        wait = row.next_at - Delivery.objects.latest("id").at
        assert timedelta(seconds=25) < wait < timedelta(seconds=35)


def test_a_receiver_that_is_gone_gets_no_more():
    user(SAM)
    with receiver(answering(410)) as to, delivering():
        made = endpoint(to)
        happen(2)
        until(lambda: not Endpoint.objects.get(id=made.id).active)
    assert to.positions == [1]
    row = Endpoint.objects.get(id=made.id)
    assert "410" in row.switched_off
    told = Notification.objects.get(user=SAM.id)
    assert (told.kind, told.request) == (claims.KIND, None)
    assert str(made.id) in told.text
    (shown,) = Api(SAM).get("/notifications?unseen=true").json()["notifications"]
    assert shown["kind"] == claims.KIND


def test_five_days_of_failure_switch_it_off_and_being_switched_on_it_goes_on(monkeypatch):
    impatient(monkeypatch)
    with receiver(answering(500, 500, 200)) as to, delivering():
        made = endpoint(to)
        Endpoint.objects.update(
            failing_since=timezone.now() - retries.PATIENCE + timedelta(seconds=60)
        )
        happen()
        until(lambda: Delivery.objects.count() == 1)
        Endpoint.objects.update(failing_since=timezone.now() - retries.PATIENCE)
        until(lambda: not Endpoint.objects.get(id=made.id).active)
        assert "five days" in Endpoint.objects.get(id=made.id).switched_off
        assert Notification.objects.filter(user=SAM.id).count() == 1
        endpoints.change(made.id, by="sam", active=True)
        until(caught_up)
    assert to.positions == [1, 1, 1]


def test_a_replay_sends_again_what_was_sent():
    with receiver() as to, delivering():
        made = endpoint(to)
        happen(4)
        until(caught_up)
        endpoints.replay(made.id, 2)
        until(lambda: len(to.received) == 6 and caught_up())
    assert to.positions == [1, 2, 3, 4, 3, 4]
    assert to.received[2].headers["webhook-id"] == to.received[4].headers["webhook-id"]


def test_an_event_that_a_receiver_never_takes_can_be_left_out():
    async def picky(request, writer):
        bad = request.position == 2
        writer.write(b"HTTP/1.1 %d X\r\ncontent-length: 0\r\n\r\n" % (422 if bad else 200))

    with receiver(picky) as to, delivering():
        made = endpoint(to)
        happen(3)
        until(lambda: Endpoint.objects.get(id=made.id).attempts)
        endpoints.replay(made.id, 2)
        until(caught_up)
    assert to.positions == [1, 2, 3]


def test_one_that_is_switched_off_is_sent_nothing_until_it_is_on_again():
    with receiver() as to, receiver() as other, delivering():
        made = endpoint(to)
        endpoint(other)
        endpoints.change(made.id, by="sam", active=False)
        happen(2)
        until(lambda: len(other.received) == 2)
        assert to.received == []
        endpoints.change(made.id, by="sam", active=True)
        until(caught_up)
    assert to.positions == [1, 2]


def test_nothing_moves_for_who_lost_the_claim():
    """A change in the middle of an attempt counts: the old worker's answer moves nothing."""
    positions = []

    async def changing(request, writer):
        positions.append(request.position)
        if len(positions) == 1:
            InThread(lambda: endpoints.replay(made.id, 0)).result()
        writer.write(OK)

    with receiver(changing) as to, delivering():
        made = endpoint(to)
        happen(2)
        until(lambda: caught_up() and len(positions) >= 3)
    assert positions == [1, 1, 2]
    assert Delivery.objects.count() == 3


def test_the_body_is_what_a_client_of_the_log_reads_to_the_byte():
    with receiver() as to, delivering():
        endpoint(to)
        happen()
        until(lambda: to.received)
    text = Api(VIC).get("/events").content
    assert to.received[0].body in text
    assert json.loads(text)["events"] == [to.received[0].event]
