"""Retention: what was sent long ago is forgotten; what came of it, and what replays, never is."""

import io
import json
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from commands.engine import endings, forgetting, queue
from commands.engine.decider import handlers
from commands.engine.errors import Malformed
from commands.engine.forgetting import forget
from commands.engine.models import Notification, Request
from eventstore.ids import first_uuid7
from eventstore.store import latest_position
from eventstore.verification import checks
from tests.examples.asking import rich
from tests.examples.connections import another_connection
from tests.examples.http import Api
from tests.examples.many import insert_few_among_many
from tests.examples.pages import browser
from tests.examples.people import ANN, BOB, SAM
from tests.examples.queueing import pay_later, work
from tests.integration.admin.windows import shown, staff, text

pytestmark = pytest.mark.django_db(transaction=True)

PAY = {"from": "ann", "to": "bob", "amount": 1}
BULK = {"atomic": True, "commands": [{"command": "post_transfer", "data": PAY}] * 2}
OLD = timedelta(days=100)


@pytest.fixture(autouse=True)
def accounts():
    rich("ann", 100, owner=ANN)
    rich("bob", 0, owner=BOB)


def age(*ids: str | UUID) -> None:
    """Make all requests, or these, as old as if they had been sent long ago."""
    rows = Request.objects.filter(id__in=ids) if ids else Request.objects.all()
    for each in rows:
        then = each.received_at - OLD
        old = UUID(int=first_uuid7(then).int | each.id.int & (1 << 80) - 1)
        decided = each.decided_at and each.decided_at - OLD
        Request.objects.filter(id=each.id).update(id=old, received_at=then, decided_at=decided)


def forgotten(*words: str) -> str:
    output = io.StringIO()
    call_command("forget_requests", "--older-than", "90d", *words, stdout=output)
    return output.getvalue()


def test_what_was_sent_is_forgotten_and_what_came_of_it_stays():
    Api(SAM).post("/transfers", PAY, key="k")
    Api(SAM).post("/transfers", {**PAY, "amount": 10**9}, key="l")
    age()
    before = {each["id"]: each for each in Request.objects.values()}
    told = forgotten()
    after = {each["id"]: each for each in Request.objects.values()}
    assert f"{len(before)} payloads forgotten" in told
    for id_, values in after.items():
        assert values == {**before[id_], "payload": None}


def test_a_key_replays_as_before_and_still_knows_another_request():
    sam = Api(SAM)
    first = sam.post("/transfers", PAY, key="k")
    assert forget(timezone.now() + timedelta(seconds=1))["payloads forgotten"] > 0
    at = latest_position()
    again = sam.post("/transfers", PAY, key="k")
    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
    assert sam.post("/transfers", {**PAY, "amount": 2}, key="k").status_code == 422
    assert latest_position() == at


def test_a_program_is_told_how_many():
    Api(SAM).post("/transfers", PAY, key="k")
    age()
    told = json.loads(forgotten("--dry-run", "--json"))
    assert (told["dry_run"], told["malformed_requests_deleted"]) == (True, 0)
    assert told["payloads_forgotten"] == json.loads(forgotten("--json"))["payloads_forgotten"] > 0


def test_what_is_young_or_waits_is_not_touched():
    waits = pay_later(5)
    late = pay_later(6, by=ANN)
    age(waits.request, late.request)
    young = Api(SAM).post("/transfers", PAY)
    bad = Api(SAM).post("/transfers", {})
    (old,) = Request.objects.filter(status="accepted", principal=ANN.id)
    # Asked for long ago, decided just now.
    Request.objects.filter(id=old.id).update(status="refused", decided_at=timezone.now())
    assert forgotten().startswith(
        "0 malformed requests deleted, 0 payloads forgotten, 0 seen notifications deleted in "
    )
    for each in (young, bad):
        assert Request.objects.get(id=each["Daybook-Request"]).payload is not None
    Request.objects.filter(id=old.id).update(status="accepted", decided_at=None)
    work()
    assert set(Request.objects.filter(road="queued").values_list("status")) == {("succeeded",)}


def test_old_malformed_requests_and_seen_notifications_go():
    for _ in range(3):
        Api(SAM).post("/transfers", {})
    long_ago, user = timezone.now() - OLD, SAM.id
    for n, seen_at in enumerate((long_ago, None, timezone.now())):
        id_ = UUID(int=first_uuid7(long_ago).int + n)
        about = {"kind": "refused", "text": "No.", "created_at": long_ago, "seen_at": seen_at}
        Notification.objects.create(id=id_, user=user, **about)
    age(*Request.objects.filter(status="malformed").values_list("id", flat=True))
    would = forgotten("--dry-run")
    assert would.startswith("Nothing is changed; it would be: 3 malformed requests deleted, ")
    assert Request.objects.filter(status="malformed").count() == Notification.objects.count() == 3
    told = forgotten()
    assert would.partition("be: ")[2].rpartition(" in ")[0] == told.rpartition(" in ")[0]
    assert "1 seen notifications deleted" in told
    assert not Request.objects.filter(status="malformed").exists()
    assert {each.seen_at == long_ago for each in Notification.objects.all()} == {False}
    assert forgotten().startswith("0 malformed requests deleted, 0 payloads forgotten, 0 seen")


def test_it_goes_on_where_it_was_stopped_and_waits_for_nobody(monkeypatch):
    monkeypatch.setattr(forgetting, "BATCH", 2)
    for _ in range(5):
        Api(SAM).post("/transfers", PAY)
    age()
    total = Request.objects.count()

    def stop(done):
        if done["payloads forgotten"] >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        forget(timezone.now() - timedelta(days=90), progress=stop)
    assert Request.objects.filter(payload__isnull=True).count() == 4
    monkeypatch.setattr("commands.engine.management.commands.forget_requests.forget", interrupted)
    with pytest.raises(CommandError, match=r"Stopped: 4 payloads forgotten in .* goes on"):
        forgotten()
    monkeypatch.undo()
    with another_connection() as other:
        other.execute("SELECT FROM eventstore_stream FOR UPDATE")
        assert f"{total - 4} payloads forgotten" in forgotten()


def interrupted(before, *, rehearsal, progress):
    progress({"payloads forgotten": 4})
    raise KeyboardInterrupt


def test_it_looks_at_malformed_ones_by_their_index():
    rule = forgetting.RULES[0]
    sql = rule.page() + forgetting.LOOK
    insert_few_among_many()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        asked = [timezone.now(), forgetting.FIRST, first_uuid7(timezone.now()), 10]
        cursor.execute(f"EXPLAIN {sql}", asked)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "request_status_id" in plan, plan


@pytest.mark.parametrize("older", ["", "90", "0d", "-1d", "1.5d", "99999999d", "９d", "d"])
def test_it_takes_days_and_nothing_else(older):
    with pytest.raises(CommandError, match="no number of days"):
        call_command("forget_requests", f"--older-than={older}")


# --- what is shown of it ---------------------------------------------------------------------


def test_everything_that_shows_a_request_says_that_it_is_no_longer_kept():
    sam = Api(SAM)
    paid = sam.post("/transfers", PAY)
    several = sam.post("/bulk", BULK)
    refused = sam.post("/bulk", {**BULK, "commands": [*BULK["commands"], _too_much()]})
    assert [each.status_code for each in (paid, several, refused)] == [201, 200, 422]
    ids = [each["Daybook-Request"] for each in (paid, several, refused)]
    Request.objects.update(payload=None)
    page, vic = browser(SAM), staff(SAM)
    for id_ in ids:
        assert sam.get(f"/requests/{id_}").json()["data"] is None
        html = page.get(f"/requests/{id_}").content.decode()
        assert "No longer kept" in html
        assert "no longer kept" in text(vic.get(shown("commands_request", id_)))
    assert page.get(f"/requests/{ids[1]}").content.decode().count("chip-succeeded") == 3
    assert page.get("/requests/").status_code == 200
    assert len(sam.get("/requests").json()["requests"]) >= 3


def _too_much():
    return {"command": "post_transfer", "data": {**PAY, "amount": 10**9}}


def test_a_failed_one_cannot_be_run_again(monkeypatch):
    monkeypatch.setattr(endings, "ATTEMPTS", 1)
    handler = handlers()["post_transfer"]

    def fails(*_):
        raise RuntimeError

    decide = handler.decide
    object.__setattr__(handler, "decide", fails)
    failed = pay_later(1)
    work()
    object.__setattr__(handler, "decide", decide)
    age(failed.request)
    forgotten()
    (old,) = Request.objects.filter(status="failed")
    assert (old.payload, old.error) == (None, "RuntimeError: ")
    with pytest.raises(Malformed, match="no longer kept"):
        queue.again(old)


def test_the_ledger_still_verifies():
    Api(SAM).post("/bulk", BULK)
    Request.objects.update(payload=None)
    for check in checks():
        assert list(check.find(latest_position(), lambda *_: None)) == []
