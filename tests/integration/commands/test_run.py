"""Deciding a list of commands in one transaction."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from django.db import transaction

from commands.engine.models import Request
from commands.engine.run import MAX_BATCH, run
from commands.ledger.messages import CloseBooks
from eventstore.models import Stream
from eventstore.store import latest_position, read_all, read_stream
from projections.ledger.models import Balance, Entry, Transfer
from tests.examples.asking import ask, asking, rich
from tests.examples.ledger import credit, debit, open_account, pay, transfer
from tests.examples.people import ANN, EVE, SAM

pytestmark = pytest.mark.django_db


def posted(code: str) -> int:
    return Balance.objects.get(account=code).posted


def test_it_writes_events_request_and_read_tables_together():
    rich("ann", 500)
    rich("bob", 0)
    command = pay("ann", "bob", 300, description="Rent", reference="r-1")
    outcome = ask(command)

    events = read_all(after=latest_position() - 3)
    assert [event.type for event in events] == [
        "ledger.transfer_posted",
        "ledger.account_debited",
        "ledger.account_credited",
    ]
    assert outcome.position == events[-1].position == latest_position()
    row = Request.objects.get(id=outcome.request)
    assert (row.status, row.http_status, row.first_position, row.events) == (
        "succeeded", 201, events[0].position, 3,
    )  # fmt: skip
    assert row.decided_at == events[0].recorded_at
    assert (posted("ann"), posted("bob")) == (200, 300)
    entry = Entry.objects.get(account="bob")
    assert (entry.position, entry.amount, entry.credits) == (events[2].position, 300, 300)
    moved = Transfer.objects.get(id=command.transfer)
    assert (moved.position, moved.recorded_at) == (events[0].position, events[0].recorded_at)


def test_an_event_says_which_request_made_it_and_who_asked():
    rich()
    outcome = ask(pay("world", "ann", 5))
    for event in read_all(after=latest_position() - 3):
        assert event.metadata == {
            "request": str(outcome.request),
            "correlation": str(outcome.request),
            "causation": str(outcome.request),
            "actor": str(SAM.id),
        }


def test_each_command_sees_what_those_before_it_in_the_list_did():
    rich("ann", 100)
    rich("bob", 0)
    first, second, third = run(
        [
            asking(pay("ann", "bob", 70)),
            asking(pay("ann", "bob", 70)),
            asking(pay("bob", "ann", 70)),
        ]
    )
    assert [first.status, second.status, third.status] == ["succeeded", "refused", "succeeded"]
    assert second.answer["facts"] == {
        "account": "ann", "currency": "EUR", "available": "30", "requested": "70",
    }  # fmt: skip
    assert third.first_position == first.position + 1
    assert (posted("ann"), posted("bob")) == (100, 0)
    entries = Entry.objects.filter(account="bob").order_by("position")
    assert [each.credits - each.debits for each in entries] == [70, 0]


def test_the_same_new_account_twice_in_a_list_is_opened_once():
    outcomes = run([asking(open_account("ann")), asking(open_account("ann"))])
    assert [each.answer.get("code") for each in outcomes] == [None, "account-exists"]
    assert [event.version for event in read_stream("account-ann")] == [1]


def test_a_refusal_is_remembered_with_what_it_was_decided_on_and_appends_nothing():
    rich("ann", 5)
    rich("bob", 0)
    before = latest_position()
    outcome = ask(pay("ann", "bob", 6, transfer=UUID(int=9)))
    assert latest_position() == before
    row = Request.objects.get(id=outcome.request)
    assert (row.status, row.http_status, row.first_position) == ("refused", 422, None)
    assert row.answer["code"] == "insufficient-funds"
    assert row.decided_on == {
        f"transfer-{UUID(int=9)}": 0, "account-ann": 2, "account-bob": 1, "book-main": 0,
    }  # fmt: skip


def test_a_refusal_leaves_no_head_of_a_stream_that_never_came_to_be():
    ask(open_account("ann"), by=EVE)
    ask(pay("no", "none", 1))
    ask(CloseBooks(through=date(2020, 1, 31), reason="Done"), by=EVE)
    assert not Stream.objects.filter(version=0).exists()


def test_a_stream_that_is_only_read_leaves_no_head_when_it_is_not_there():
    rich("ann", 500)
    asked = asking(pay("ann", "world", 1))
    touches = replace(asked.touches, reads=("account-nobody",))
    object.__setattr__(asked, "touches", touches)
    assert run([asked])[0].succeeded
    assert not Stream.objects.filter(name="account-nobody").exists()


def test_a_key_replays_its_first_answer():
    rich("ann", 0)
    command = pay("world", "ann", 5)
    first = ask(command, key="k")
    again = ask(pay("world", "ann", 5), key="k", payload={"asked": repr(command.touches())})
    assert (first.replayed, again.replayed) == (False, True)
    assert again.body == first.body
    assert posted("ann") == 5


def test_a_key_replays_a_rules_refusal_even_when_it_would_succeed_now():
    rich("ann", 0)
    rich("bob", 0)
    payload = {"asked": "for 5"}
    refused = ask(pay("ann", "bob", 5), key="k", payload=payload)
    ask(pay("world", "ann", 100))
    again = ask(pay("ann", "bob", 5), key="k", payload=payload)
    assert refused.http_status == again.http_status == 422
    assert again.replayed
    assert again.body == refused.body


def test_a_key_with_another_body_is_refused_and_keeps_its_answer():
    rich("ann", 0)
    ask(pay("world", "ann", 5), key="k", payload={"amount": 5})
    other = ask(pay("world", "ann", 5), key="k", payload={"amount": "5"})
    assert (other.http_status, other.answer["code"]) == (422, "idempotency-key-reused")
    assert ask(pay("world", "ann", 5), key="k", payload={"amount": 5}).replayed


def test_a_key_is_the_principals_own():
    rich("ann", 10, owner=ANN)
    rich("bob", 0)
    mine = ask(pay("ann", "bob", 5), by=ANN, key="k", payload={})
    staffs = ask(pay("ann", "bob", 5), by=SAM, key="k", payload={})
    assert mine.succeeded
    assert staffs.succeeded
    assert mine.request != staffs.request


def test_two_commands_of_a_list_with_one_key_are_one():
    rich("ann", 0)
    first, second = run([asking(pay("world", "ann", 5), key="k", payload={}) for _ in range(2)])
    assert (first.replayed, second.replayed) == (False, True)
    assert second.body == first.body
    assert posted("ann") == 5


def test_what_was_not_found_does_not_use_the_key_up():
    rich("ann", 10)
    missing = ask(pay("ann", "bob", 5), key="k", payload={})
    assert (missing.http_status, missing.answer["code"]) == (404, "account-not-found")
    rich("bob", 0)
    assert ask(pay("ann", "bob", 5), key="k", payload={}).succeeded


def test_a_refused_row_of_an_import_may_come_again():
    rich("ann", 0)
    rich("bob", 0)
    assert not ask(pay("ann", "bob", 5), key="k", payload={}, source="import").succeeded
    ask(pay("world", "ann", 100))
    assert ask(pay("ann", "bob", 5), key="k", payload={}, source="import").succeeded


def test_a_stale_version_is_refused():
    rich("ann", 10)
    rich("bob", 0)
    stale = ask(pay("ann", "bob", 1), expected={"account-ann": 1})
    assert (stale.http_status, stale.answer["code"]) == (412, "stale-version")
    assert ask(pay("ann", "bob", 1), expected={"account-ann": 2}).succeeded


def test_it_joins_the_callers_transaction():
    rich("ann", 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        ask(pay("world", "ann", 5))
        raise ZeroDivisionError
    assert posted("ann") == 0
    assert not Entry.objects.exists()


def test_it_takes_at_most_256_commands():
    with pytest.raises(ValueError, match="256"):
        run([asking(open_account())] * (MAX_BATCH + 1))
    assert run([]) == []


def test_states_are_cached_and_thrown_away_without_changing_an_answer():
    rich("ann", 10)
    rich("bob", 0)
    assert Stream.objects.get(name="account-ann").state_version == 2
    Stream.objects.update(state='{"wrong": 1}', state_code="other code")
    assert ask(pay("ann", "bob", 10)).succeeded
    assert not ask(pay("ann", "bob", 1)).succeeded
    Stream.objects.update(state=None, state_version=None, state_code=None)
    assert ask(pay("bob", "ann", 10)).succeeded


def test_three_greatest_amounts_fit_into_one_account():
    rich("ann", 0)
    most = 10**38 - 1
    for _ in range(3):
        assert ask(pay("world", "ann", most)).succeeded
    assert posted("ann") == 3 * most
    assert Entry.objects.filter(account="ann").order_by("-position")[0].credits == 3 * most


def test_one_event_for_each_changed_entity():
    rich("ann", 10)
    rich("bob", 0)
    legs = debit("ann", 7), credit("ann", 2), credit("bob", 5)
    before = latest_position()
    ask(transfer(*legs))
    streams = [event.stream for event in read_all(after=before)]
    assert len(streams) == len(set(streams)) == 3
