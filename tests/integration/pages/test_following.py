"""The page of a request tells its life on whichever road, and nothing that is not known."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from commands.engine import endings, queue
from commands.engine.lives import _since
from commands.engine.models import Notification, Request
from eventstore.store import latest_position, read_all
from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.http import Api
from tests.examples.ledger import pay
from tests.examples.pages import browser, read, text
from tests.examples.people import ANN, BOB, EVE, SAM, VIC
from tests.examples.queueing import accept, pay_later, row, work

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def people():
    rich("ann", 1_000, owner=ANN)
    rich("bob", 0, owner=BOB)


def steps(person, of) -> dict[str, str]:
    """What the page tells of an outcome's request, or one with an id, step by step."""
    html = browser(person).get(f"/requests/{getattr(of, 'request', of)}").text
    found = re.findall(
        r"<li[^>]*>\s*<h3>(.*?)</h3>(.*?)(?=<li[^>]*>\s*<h3>|</ol>)", html, re.DOTALL
    )
    return {read(name): read(told) for name, told in found}


# --- each road -------------------------------------------------------------------------------


def test_an_awaited_success_is_told_with_its_events_and_tables():
    paid = ask(pay("ann", "bob", 100))
    told = steps(SAM, paid)
    assert list(told) == ["Received", "Checked", "Decided", "3 events", "Read tables",
                          "Announced", "Answered"]  # fmt: skip
    of = row(paid)
    assert told["Received"].startswith(f"{of.received_at:%Y-%m-%d %H:%M:%S}.")
    assert re.search(r"\+[0-9.]+ m?s The handler said yes\.", told["Decided"])
    assert "account-ann at version 2 account-bob at version 1" in told["Decided"]
    assert f"at positions {latest_position() - 2} to {latest_position()}" in told["3 events"]
    assert told["Read tables"] == (
        "in the same transaction activity, by a worker: not yet balances"
        " daily_totals, by a worker: not yet entries transfers"
    )
    assert told["Checked"].startswith("not measured")


def test_its_events_lead_to_their_pages_and_for_staff_to_the_log():
    paid = ask(pay("ann", "bob", 100), by=ANN)
    first, *_ = read_all(after=latest_position() - 3)
    html = browser(ANN).get(f"/requests/{paid.request}").content.decode()
    assert f'href="/{first.stream.replace("-", "s/", 1)}"' in html
    assert 'href="/accounts/ann"' in html
    assert "/accounts/bob" not in html
    assert "/admin/" not in html
    sam = user(SAM)
    sam.is_staff = True
    sam.save()
    html = browser(SAM).get(f"/requests/{paid.request}").content.decode()
    assert f"/admin/eventstore/event/{first.position}/change/" in html


def test_a_queued_refusal_is_told_until_it_was_seen():
    refused = pay_later(5_000, by=ANN)
    work()
    assert steps(VIC, refused)["Seen"] == "not yet"
    told = steps(ANN, refused)
    assert list(told) == ["Received", "Checked", "Accepted", "Begun", "Refused", "No event",
                          "Announced", "Told", "Seen"]  # fmt: skip
    assert re.search(r"\+[0-9.]+ m?s$", told["Seen"])
    assert f"in lane {row(refused).lane} at place {row(refused).place}" in told["Accepted"]


def test_versions_of_what_a_refusal_was_decided_on_are_for_staff():
    refused = pay_later(5_000, by=ANN)
    work()
    assert "account-bob at version 1" in steps(VIC, refused)["Refused"]
    assert "account-bob" not in steps(ANN, refused)["Refused"]


def test_of_a_gateway_it_is_not_known_whether_its_sender_still_waited():
    paid = pay_later(by=ANN, road="gateway")
    work()
    told = steps(ANN, paid)
    assert "is told with status 201 if they still waited" in told["Answered"]
    assert "its sender waits for a while" in told["Accepted"]


def test_what_never_became_a_command_was_asked_no_rule():
    answer = Api(ANN).post("/transfers", {"from": "ann"})
    told = steps(ANN, answer["Daybook-Request"])
    assert list(told) == ["Received", "Malformed", "Answered"]
    assert "With status 400: it never became a command." in told["Answered"]


# --- what waits ------------------------------------------------------------------------------


def test_what_waits_says_how_many_are_before_it():
    several = [pay_later(by=ANN) for _ in range(3)]
    said = [steps(ANN, each)["Waiting for a worker"] for each in several]
    assert said == [
        "not yet It is the next of its lane.",
        "not yet One is before it in its lane.",
        "not yet 2 are before it in its lane.",
    ]


def test_what_is_not_due_says_when():
    due = datetime(2999, 1, 2, 3, 4, 5, tzinfo=UTC)
    told = steps(ANN, pay_later(by=ANN, not_before=due))
    assert told["Due"].startswith("2999-01-02 03:04:05.000 +")
    assert told["Waiting"] == "not yet It is not due yet."


def test_failed_attempts_are_told_their_errors_to_staff_alone():
    paid = pay_later(by=ANN)
    endings.postpone(row(paid), ValueError("a secret"))
    told = steps(VIC, paid)
    assert told["1 of 6 attempts failed"] == "not measured ValueError: a secret"
    assert told["Next attempt"].startswith(f"{row(paid).retry_at:%Y-%m-%d %H:%M:%S}")
    assert steps(ANN, paid)["1 of 6 attempts failed"] == "not measured"


def test_one_that_failed_and_the_one_that_asks_again_lead_to_each_other():
    paid = pay_later(by=ANN)
    Request.objects.update(attempts=endings.ATTEMPTS - 1)
    endings.postpone(row(paid), ValueError("a secret"))
    again = queue.again(row(paid))
    assert "6 of 6 attempts failed" in steps(ANN, paid)
    ann = browser(ANN)
    assert f'href="/requests/{again.request}"' in ann.get(f"/requests/{paid.request}").text
    assert f'href="/requests/{paid.request}"' in ann.get(f"/requests/{again.request}").text


# --- several at once -------------------------------------------------------------------------


def test_a_bulk_and_its_commands_lead_to_each_other():
    each = {"command": "post_transfer", "data": {"from": "ann", "to": "bob", "amount": 1}}
    bulk = accept("bulk", {"atomic": True, "commands": [each] * 8}, ANN)
    assert "Waiting for a worker" in steps(ANN, bulk)
    work()
    told = steps(ANN, bulk)
    assert "and 4 more" in told["24 events"]
    first = Request.objects.filter(parent=bulk.request).first()
    ann = browser(ANN)
    assert f'href="/requests/{first.id}"' in ann.get(f"/requests/{bulk.request}").text
    assert f'href="/requests/{bulk.request}"' in ann.get(f"/requests/{first.id}").text


# --- cancelling ------------------------------------------------------------------------------


def cancel(person, of):
    return browser(person).post(f"/requests/{of.request}/cancel")


def test_who_asked_and_who_operates_cancel_what_waits():
    for person in (ANN, SAM):
        paid = pay_later(by=ANN)
        assert f'action="/requests/{paid.request}/cancel"' in browser(person).get(
            f"/requests/{paid.request}"
        ).text  # fmt: skip
        answer = cancel(person, paid)
        assert (answer.status_code, answer["Location"]) == (303, f"/requests/{paid.request}")
        assert row(paid).answer["code"] == "cancelled"
        told = steps(person, paid)
        assert "before it was begun" in told["Cancelled"]
        assert ("Told" in told) == (person is SAM)


def test_nobody_else_does():
    paid = pay_later(by=ANN)
    assert "/cancel" not in browser(VIC).get(f"/requests/{paid.request}").text
    assert [cancel(person, paid).status_code for person in (VIC, BOB, EVE)] == [404] * 3
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user(ANN))
    assert strict.post(f"/requests/{paid.request}/cancel").status_code == 403
    assert row(paid).status == "accepted"


def test_what_was_begun_is_not_cancelled_and_says_so():
    paid = pay_later(by=ANN)
    work()
    answer = cancel(ANN, paid)
    assert answer.status_code == 422
    assert 'role="alert">It has been begun or decided' in answer.text
    assert row(paid).status == "succeeded"
    assert "/cancel" not in text(browser(ANN), f"/requests/{paid.request}")


# --- times -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(0), ""),
        (timedelta(microseconds=12_340), "+12.3 ms"),
        (timedelta(microseconds=-500), "−0.5 ms"),
        (timedelta(seconds=59.5), "+59.50 s"),
        (timedelta(seconds=243), "+4 min 3 s"),
        (timedelta(hours=5, minutes=3), "+5 h 3 min"),
        (timedelta(days=3, hours=4), "+3 d 4 h"),
        (timedelta(days=1_234), "+1,234 d"),
    ],
)
def test_a_span_is_told_in_the_unit_in_which_it_is_read(span, said):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert _since(start, start + span) == said


def test_a_notification_of_others_is_not_looked_at():
    paid = pay_later(5_000, by=ANN)
    work()
    Notification.objects.update(user=BOB.id)
    assert "Told" not in steps(ANN, paid)
