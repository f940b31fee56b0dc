"""Webhooks over HTTP: made, changed, replayed, rotated and removed; each mistake is pointed at."""

import re
from uuid import UUID

import pytest

from commands.webhooks import signing, trimming
from commands.webhooks.models import Delivery, Endpoint
from eventstore.epoch import raise_epoch
from eventstore.ids import uuid7
from tests.examples.asking import rich
from tests.examples.http import Api
from tests.examples.people import SAM, VIC
from tests.examples.receiving import endpoint, happen

pytestmark = pytest.mark.django_db

URL = "https://198.51.101.7/hook"


@pytest.fixture
def sam(settings):
    settings.DAYBOOK_WEBHOOK_ALLOW = []
    return Api(SAM)


def made(sam, **body):
    answer = sam.post("/webhooks", {"url": URL, **body})
    assert answer.status_code == 201, answer.content
    return answer.json()


def deliveries(of, count):
    return [
        Delivery.objects.create(
            endpoint=of, event=uuid7(), position=n, type="toy.happened", attempt=1,
            at="2026-11-30T12:00:00Z", duration_ms=7, status=204,
        )
        for n in range(1, count + 1)
    ]  # fmt: skip


def test_it_is_sent_what_happens_after_it_was_made(sam):
    happen(3)
    answer = sam.post("/webhooks", {"url": URL})
    body = answer.json()
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", body.pop("secret"))
    assert answer["Cache-Control"] == "no-store"
    assert body == {
        "id": body["id"], "url": URL, "types": [], "prefix": "", "active": True, "position": 3,
        "lag_events": 0, "failing_since": None, "next_attempt_at": None, "switched_off": None,
        "created_at": body["created_at"],
    }  # fmt: skip
    happen(2)
    shown = sam.get(f"/webhooks/{body['id']}").json()
    assert shown == {**body, "lag_events": 2}
    assert sam.get("/webhooks").json()["webhooks"] == [shown]
    assert Endpoint.objects.get().created_by == SAM.id


def test_a_secret_is_shown_once_and_kept_out_of_everything_else(sam):
    body = made(sam)
    path = f"/webhooks/{body['id']}"
    answers = [
        sam.get(path), sam.get("/webhooks"), sam.patch(path, {"active": False}),
        sam.post(f"{path}/replay", {"after": 0}), sam.get(f"{path}/deliveries"),
        sam.write("DELETE", path, ""),
    ]  # fmt: skip
    for answer in answers:
        assert answer.status_code == 200
        assert b"whsec_" not in answer.content
        assert body["secret"].removeprefix("whsec_").encode() not in answer.content


def test_a_rotation_shows_the_new_secret(sam):
    first = made(sam)
    second = sam.post(f"/webhooks/{first['id']}/rotate", "").json()
    assert second.pop("secret") != first.pop("secret")
    assert second == first
    row = Endpoint.objects.get()
    assert row.previous_secrets
    assert signing.shown(row.secret) != signing.shown(row.previous_secrets)


def test_it_may_be_for_some_types_and_accounts(sam):
    types = ["ledger.account_debited", "ledger.account_credited"]
    body = made(sam, types=types, prefix="customers:alan")
    assert (body["types"], body["prefix"]) == (sorted(types), "customers:alan")
    path = f"/webhooks/{body['id']}"
    changed = sam.patch(path, {"types": [], "prefix": ""}).json()
    assert (changed["types"], changed["prefix"], changed["url"]) == ([], "", URL)


def test_one_that_failed_is_tried_at_once_when_it_is_switched_on(sam):
    body = made(sam)
    Endpoint.objects.update(
        active=False, switched_off="It has failed for five days.", attempts=9,
        failing_since="2026-11-20T12:00:00Z", next_at="2026-12-20T12:00:00Z", claim=UUID(int=1),
    )  # fmt: skip
    path = f"/webhooks/{body['id']}"
    shown = sam.get(path).json()
    assert shown["switched_off"] == "It has failed for five days."
    assert shown["next_attempt_at"] == "2026-12-20T12:00:00.000000Z"
    on = sam.patch(path, {"active": True}).json()
    assert (on["active"], on["switched_off"], on["failing_since"]) == (True, None, None)
    row = Endpoint.objects.get()
    assert (row.attempts, row.next_at, row.claim) == (0, None, None)
    off = sam.patch(path, {"active": False}).json()
    assert (off["active"], off["switched_off"]) == (False, "By sam.")


def test_a_replay_begins_after_any_position_there_is(sam):
    happen(3)
    path = f"/webhooks/{made(sam)['id']}/replay"
    for after in (0, 2, 3):
        assert sam.post(path, {"after": after}).json()["position"] == after
    answer = sam.post(path, {"after": 4})
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"pointer": "/after", "detail": "The log ends at position 3."}
    ]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/url"),
        ({"url": 5}, "/url"),
        ({"url": "example.com"}, "/url"),
        ({"url": "http://198.51.101.7/"}, "/url"),
        ({"url": "https://127.0.0.1/"}, "/url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "/url"),
        ({"url": "https://sam:x@198.51.101.7/"}, "/url"),
        ({"url": "https://198.51.101.7/" + "x" * 2000}, "/url"),
        ({"url": URL, "types": "ledger.account_opened"}, "/types"),
        ({"url": URL, "types": ["ledger.account_opened", "nothing"]}, "/types/1"),
        ({"url": URL, "types": [5]}, "/types/0"),
        ({"url": URL, "types": [[]]}, "/types/0"),
        ({"url": URL, "types": ["ledger.account_opened"] * 2}, "/types"),
        ({"url": URL, "prefix": "customers:"}, "/prefix"),
        ({"url": URL, "prefix": None}, "/prefix"),
        ({"url": URL, "secret": "whsec_mine"}, "/secret"),
        ({"url": URL, "active": False}, "/active"),
    ],
)
def test_a_mistake_is_pointed_at(sam, body, pointer):
    answer = sam.post("/webhooks", body)
    assert answer.status_code == 400, answer.content
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not Endpoint.objects.exists()


@pytest.mark.parametrize("body", [{}, {"active": "yes"}, {"url": "http://x"}, {"position": 1}])
def test_so_is_one_in_a_change(sam, body):
    path = f"/webhooks/{made(sam)['id']}"
    assert sam.patch(path, body).status_code == 400
    assert sam.post(f"{path}/replay", body).status_code == 400
    assert sam.get(path).json()["active"]


def test_what_is_not_there_is_404(sam):
    path = f"/webhooks/{uuid7()}"
    for answer in (
        sam.get(path), sam.get(f"{path}/deliveries"), sam.patch(path, {"active": True}),
        sam.post(f"{path}/replay", {"after": 0}), sam.post(f"{path}/rotate", ""),
        sam.write("DELETE", path, ""),
    ):  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_its_deliveries_go_with_it(sam):
    one, two = made(sam), made(sam)
    for each in (one, two):
        deliveries(UUID(each["id"]), 2)
    gone = sam.write("DELETE", f"/webhooks/{one['id']}", "")
    assert gone.json()["id"] == one["id"]
    assert [each["id"] for each in sam.get("/webhooks").json()["webhooks"]] == [two["id"]]
    assert {str(each.endpoint) for each in Delivery.objects.all()} == {two["id"]}


def test_lists_come_in_pages_in_either_order(sam):
    ids = [made(sam)["id"] for _ in range(3)]
    deliveries(UUID(ids[0]), 3)
    for path, name, key, found in (
        ("/webhooks", "webhooks", "id", ids),
        (f"/webhooks/{ids[0]}/deliveries", "deliveries", "position", [1, 2, 3]),
    ):
        for order, expected in (("asc", found), ("desc", found[::-1])):
            first = sam.get(f"{path}?limit=2&order={order}").json()
            query = f"limit=2&order={order}&cursor={first['next']}"
            rest = sam.get(f"{path}?{query}").json()
            assert [each[key] for each in first[name] + rest[name]] == expected
            assert (first["has_more"], rest["has_more"], rest["next"]) == (True, False, None)


def test_a_delivery_says_what_when_and_how_it_went(sam):
    body = made(sam)
    (one,) = deliveries(UUID(body["id"]), 1)
    (told,) = sam.get(f"/webhooks/{body['id']}/deliveries").json()["deliveries"]
    assert told == {
        "event": str(one.event), "position": 1, "type": "toy.happened", "attempt": 1,
        "at": "2026-11-30T12:00:00.000000Z", "duration_ms": 7, "status": 204, "error": None,
    }  # fmt: skip


def test_the_last_thousand_deliveries_of_thirty_days_are_kept(sam, monkeypatch):
    monkeypatch.setattr(trimming, "MOST", 3)
    one, two = endpoint(URL), endpoint(URL)
    for each in (one, two):
        deliveries(each.id, 5)
    deliveries(uuid7(), 1)
    old = Delivery.objects.filter(endpoint=two.id, position__lte=4)
    Delivery.objects.exclude(id__in=old.values("id")).update(at=two.created_at)
    old.update(at="2026-01-01T00:00:00Z")
    trimming.trim()
    kept = Delivery.objects.order_by("id").values_list("endpoint", "position")
    assert list(kept) == [(one.id, 3), (one.id, 4), (one.id, 5), (two.id, 5)]


# --- who may: what the matrix of routes does not say -------------------------------------------


def test_a_token_that_may_not_read_events_does_not_have_them_sent(sam):
    rich("ann", 5)
    path = f"/webhooks/{made(sam)['id']}"
    writer = Api(SAM, scopes=["write", "read"])
    assert writer.get(path).status_code == 200
    for answer in (
        writer.post("/webhooks", {"url": URL}), writer.patch(path, {"active": True}),
        writer.post(f"{path}/replay", {"after": 0}), writer.post(f"{path}/rotate", ""),
    ):  # fmt: skip
        assert answer.status_code == 403
        assert "events:read" in answer.json()["detail"]
    assert (
        Api(SAM, scopes=["write", "events:read"]).patch(path, {"active": True}).status_code == 200
    )


def test_whoever_only_views_sees_none(sam):
    path = f"/webhooks/{made(sam)['id']}"
    for each in ("/webhooks", path, f"{path}/deliveries"):
        assert Api(VIC).get(each).status_code == 403


def test_after_a_restore_that_lost_events_it_goes_on_at_the_end_of_the_log(sam):
    happen(3)
    id_ = made(sam)["id"]
    Endpoint.objects.update(position=8)
    raise_epoch("Restored from a dump")
    shown = sam.get(f"/webhooks/{id_}").json()
    assert (shown["position"], shown["lag_events"]) == (3, 0)
