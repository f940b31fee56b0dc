"""An overdue hold blocks nothing: it expires before any command on its account, or by the sweep."""

import pytest
from django.db import connection

from commands.access.principal import SYSTEM
from commands.engine.due import due
from commands.engine.models import Request
from commands.engine.outcomes import Group, Submission
from commands.engine.run import look, rehearse, run
from commands.engine.sweep import sweep
from commands.ledger.decider import holds
from commands.ledger.messages import CaptureHold, ExpireHolds, PlaceHold
from eventstore.store import read_stream
from projections.ledger.models import Balance, Hold
from tests.examples.asking import ask, asking, rich
from tests.examples.connections import another_connection
from tests.examples.http import Api
from tests.examples.ledger import pay
from tests.examples.people import ANN, PRODUCT, SAM
from tests.specs import uuid

pytestmark = pytest.mark.django_db

H, OTHER = uuid(1), uuid(2)


@pytest.fixture(autouse=True)
def ledger():
    """Ann has 5 cents and holds on all of them: of 3 the time is over, of 2 it is not."""
    rich("ann", 5, owner=ANN)
    rich("bob", 0)
    ask(PlaceHold(account="ann", amount=3, hold=H, payee="bob", expires_in=1))
    ask(PlaceHold(account="ann", amount=2, hold=OTHER, payee="bob", expires_in=3600))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1)")


def types(stream="account-ann"):
    return [event.type.removeprefix("ledger.") for event in read_stream(stream)]


def expiries():
    return list(Request.objects.filter(source="expiry"))


def test_what_it_held_is_spent_by_the_next_command():
    assert ask(pay("ann", "bob", 3)).succeeded
    assert types()[-2:] == ["hold_expired", "account_debited"]
    (row,) = expiries()
    assert (row.command, row.status, row.principal) == ("expire_holds", "succeeded", SYSTEM.user)
    assert row.answer["account"]["held"] == "2"


def test_it_is_no_part_of_the_callers_answer():
    outcome = ask(pay("ann", "bob", 1))
    assert [event["type"] for event in outcome.body["request"]["events"]] == [
        "ledger.transfer_posted", "ledger.account_debited", "ledger.account_credited",
    ]  # fmt: skip
    assert outcome.events == 3


def test_it_is_kept_when_the_command_is_refused():
    outcome = ask(pay("ann", "bob", 4))
    assert outcome.answer["facts"]["available"] == "3"
    assert types()[-1] == "hold_expired"
    row = Request.objects.get(id=outcome.request)
    assert row.decided_on["account-ann"] == len(types())


def test_it_is_kept_when_a_group_is_refused_as_a_whole():
    items = (asking(pay("ann", "bob", 1)), asking(pay("ann", "bob", 9)))
    outcome = ask_group(items)
    assert (outcome.http_status, types()[-1]) == (422, "hold_expired")
    assert len(expiries()) == 1


@pytest.mark.parametrize(("by", "status"), [(SAM, 403), (PRODUCT, 200)])
def test_it_is_done_before_a_command_that_asks_for_just_that(by, status):
    outcome = ask(ExpireHolds(account="ann"), by)
    assert (outcome.http_status, outcome.events) == (status, 0)
    assert types()[-1] == "hold_expired"
    assert len(expiries()) == 1


def ask_group(items):
    group = Submission(command=Group(items), name="bulk", principal=SAM.principal)
    return run([group])[0]


def test_if_match_is_compared_before_it():
    version = look(["account-ann"]).version("account-ann")
    fits = {"account-ann": version}
    assert ask(PlaceHold(account="ann", amount=1), expected=fits).succeeded
    assert ask(PlaceHold(account="ann", amount=1), expected=fits).http_status == 412


def test_it_cannot_be_captured():
    outcome = ask(CaptureHold(account="ann", hold=H))
    assert outcome.answer["code"] == "hold-not-open"


def test_a_rehearsal_sees_it_expired_and_keeps_nothing():
    before = types()
    outcome, _ = rehearse(asking(pay("ann", "bob", 3)))
    assert outcome.succeeded
    assert (types(), expiries()) == (before, [])


def test_reads_show_it_expired_before_anybody_came_by():
    ann, hold = Api(SAM).get("/accounts/ann").json(), Hold.objects.get(id=H)
    assert (ann["held"], ann["available"]) == ("2", "3")
    assert (hold.status, hold.status_now, hold.remaining_now) == ("open", "expired", 0)
    shown = Api(SAM).get(f"/accounts/ann/holds/{H}").json()
    assert (shown["status"], shown["remaining"]) == ("expired", "0")


def test_the_sweep_expires_what_nobody_came_by_for_and_only_that():
    assert sweep() == 1
    assert types()[-1] == "hold_expired"
    assert Hold.objects.get(id=H).status == "expired"
    assert Hold.objects.get(id=OTHER).status == "open"
    assert Balance.objects.get(account="ann").held == 2
    assert sweep() == 0
    assert len(expiries()) == 1


@pytest.mark.django_db(transaction=True)
def test_what_fails_each_time_keeps_nothing_behind_it_waiting(monkeypatch):
    """The sweep does so many at a time, and those that fail are always the longest overdue."""
    monkeypatch.setattr("commands.engine.sweep.MOST", 1)
    rich("cat", 5)
    ask(PlaceHold(account="cat", amount=1, expires_in=1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1)")
    with another_connection() as other:
        other.execute("SELECT 1 FROM eventstore_stream WHERE name = 'account-ann' FOR UPDATE")
        assert sweep() == 1
    assert types("account-cat")[-1] == "hold_expired"
    assert types()[-1] == "hold_placed"
    assert sweep() == 1


def test_what_another_release_has_due_is_left_to_it():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO eventstore_stream (name, version, due_at)"
            " VALUES ('parcel-1', 1, now() - interval '1 day')"
        )
    assert sweep() == 1
    assert types()[-1] == "hold_expired"
    assert sweep() == 0


def test_however_many_are_overdue_none_blocks_money(monkeypatch):
    monkeypatch.setattr(holds, "MOST_EXPIRED", 1)
    ask(PlaceHold(account="ann", amount=1, expires_in=1))
    ask(PlaceHold(account="ann", amount=2, expires_in=1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1)")
    assert ask(pay("ann", "bob", 3)).succeeded
    assert types()[-3:] == ["hold_expired", "hold_expired", "account_debited"]


def test_a_sweep_that_comes_second_leaves_no_request():
    assert [each.events for each in run([due("account-ann"), due("account-ann")])] == [1, 0]
    assert len(expiries()) == 1
