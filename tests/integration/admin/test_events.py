"""The windows on events and streams: what happened, what it changed, and what was when."""

import re
from uuid import UUID

import pytest

from commands.ledger.messages import PlaceHold, ReleaseHold
from eventstore.store import ANY, Append, NewEvent, append, latest_position
from projections.ledger.models import Balance, Transfer
from tests.examples.asking import ask
from tests.examples.many import insert_many
from tests.integration.admin.windows import listed, shown, text

pytestmark = pytest.mark.django_db


def test_an_event_is_decoded_with_what_it_changed(vic):
    page = vic.get(shown("eventstore_event", latest_position()))
    said = text(page)
    assert "ledger.account_credited" in said
    assert "Amount 30 0.30 EUR" in said
    assert "Credits 0 0.00 EUR 30 0.30 EUR" in said
    assert "account-world" in said


def test_what_was_and_what_is_are_told_apart_by_more_than_colour(vic):
    page = vic.get(shown("eventstore_event", latest_position())).content.decode()
    page = re.sub(r' <span class="decimals">[^<]*</span>', "", page)
    assert "<td>Credits</td><td><del>0</del></td><td><ins>30</ins></td>" in page


def test_amounts_of_a_stream_are_told_in_decimals_too_and_nothing_else_is(vic):
    said = text(vic.get(shown("eventstore_stream", "account-ann")))
    assert "Debits 30 0.30 EUR" in said
    assert "Overdraft limit 0 0.00 EUR" in said
    assert "Exponent 2 Normal" in said
    held = ask(PlaceHold(account="ann", amount=10)).body["hold"]["id"]
    event = text(vic.get(shown("eventstore_event", latest_position())))
    assert "Amount 10 0.10 EUR" in event
    assert "Held 0 0.00 EUR 10 0.10 EUR" in event
    assert held in event


def test_a_stream_at_a_version_is_not_named_by_its_last(vic):
    page = vic.get(shown("eventstore_stream", "account-ann") + "?version=2").content.decode()
    (title,) = re.findall(r"<title>(.*?)</title>", page, re.DOTALL)
    assert title.startswith("account-ann ·")
    assert "account-ann/3" not in page


def test_a_hold_that_ends_is_what_changed_and_not_those_that_stay(vic):
    stays, ends = (ask(PlaceHold(account="ann", amount=1)).body["hold"]["id"] for _ in range(2))
    ask(ReleaseHold(account="ann", hold=UUID(ends)))
    said = text(vic.get(shown("eventstore_event", latest_position())))
    changed = said.partition("What changed:")[2].partition("Request:")[0]
    assert f"Holds › {ends}" in changed
    assert stays not in changed


def test_the_holds_of_a_stream_are_told_as_json_has_them(vic):
    held = ask(PlaceHold(account="ann", amount=10)).body["hold"]["id"]
    said = text(vic.get(shown("eventstore_stream", "account-ann"))).replace("&quot;", '"')
    assert f'Holds {{ "{held}": {{ "amount": 10, "remaining": 10,' in said
    assert "UUID(" not in said


def test_the_first_event_of_a_stream_changed_it_from_nothing(vic):
    assert "Code world" in text(vic.get(shown("eventstore_event", 1)))


def test_an_event_of_an_unknown_type_is_shown_as_it_stands(vic):
    append(Append("toy-1", [NewEvent("toy.broke", {"pieces": [1, "<b>"]})], ANY))
    said = vic.get(shown("eventstore_event", latest_position())).content.decode()
    assert "No code here knows this type." in said
    assert "&lt;b&gt;" in said
    assert vic.get(listed("eventstore_event")).status_code == 200
    assert "cannot be folded" in text(vic.get(shown("eventstore_stream", "toy-1")))


def test_an_unknown_event_in_a_known_stream_keeps_its_state_back_and_nothing_else(vic):
    append(Append("account-ann", [NewEvent("toy.broke", {"pieces": [1]})], ANY))
    event = text(vic.get(shown("eventstore_event", latest_position())))
    assert "No code here knows this type." in event
    assert "toy.broke schema 1 is unknown" in event
    stream = shown("eventstore_stream", "account-ann")
    assert "toy.broke schema 1 is unknown" in text(vic.get(stream))
    assert "Debits 30" in text(vic.get(f"{stream}?version=3"))


def test_an_event_that_does_not_fit_its_class_is_shown_as_it_stands(vic):
    insert_many(2)
    said = text(vic.get(shown("eventstore_event", latest_position())))
    assert "does not fit the code" in said


def test_an_event_leads_to_whom_and_what_it_is_about(vic):
    credited = vic.get(shown("eventstore_event", latest_position())).content.decode()
    transfer = Transfer.objects.get(reference="r-1")
    assert shown("ledger_transfer", transfer.pk) in credited
    assert shown("ledger_balance", "world") in credited
    stream = vic.get(shown("eventstore_stream", f"transfer-{transfer.pk}")).content.decode()
    assert shown("ledger_transfer", transfer.pk) in stream


def test_an_event_tells_only_the_details_that_it_changed(vic):
    append(
        Append("account-ann", [NewEvent("ledger.account_details_changed", {"name": "Annie"})], ANY)
    )
    said = text(vic.get(shown("eventstore_event", latest_position())))
    assert "What happened: Field Value Name Annie What changed:" in said
    assert "Name Ann Annie Request" in said


def test_a_stream_lists_its_events_a_page_at_a_time(vic, monkeypatch):
    monkeypatch.setattr("eventstore.admin.EVENTS", 2)
    page = vic.get(shown("eventstore_stream", "account-ann"))
    assert "account_opened" not in text(page).partition("Events:")[2]
    assert 'version=1">Earlier events' in page.content.decode()
    first = vic.get(f"{shown('eventstore_stream', 'account-ann')}?version=1")
    assert "account_opened" in text(first).partition("Events:")[2]
    assert "Earlier events" not in text(first)


def test_a_transfer_is_shown_before_its_accounts_are(vic):
    Balance.objects.all().delete()
    transfer = Transfer.objects.get(reference="r-1")
    assert "debit 30 minor units" in text(vic.get(shown("ledger_transfer", transfer.pk)))
    assert "30 minor units" in text(vic.get(shown("ledger_entry", latest_position())))


def test_a_stream_is_folded_at_any_version(vic):
    address = shown("eventstore_stream", "account-ann")
    assert "Debits 30" in text(vic.get(address))
    before = text(vic.get(f"{address}?version=2"))
    assert "Debits 0 0.00 EUR Credits 500 5.00 EUR" in before
    assert "next" in before
    page = vic.get(f"{address}?version=2").content.decode()
    assert 'type="range" id="slider" name="version" min="1" max="3" value="2"' in page
    page = re.sub(r' <span class="decimals">[^<]*</span>', "", page)
    assert "<td>Credits</td><td><ins>500</ins></td><td>by this version</td>" in page
    assert "<td>Debits</td><td>0</td>" in page
    for odd in ("0", "99", "x", "-1", "9" * 30):
        assert "Debits 30" in text(vic.get(f"{address}?version={odd}"))
