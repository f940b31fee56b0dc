"""`skip_event` and `retry_event`: one name, whoever it is that an event has stopped."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from commands.engine.reactions import Tell, reaction
from eventstore.events.ledger import AccountOpened
from eventstore.listeners.steering import interventions
from projections.engine.status import status_of
from projections.ledger.projectors import daily_totals
from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.following import POISON, broken_counting, follow
from tests.examples.ledger import open_account, pay
from tests.examples.people import SAM
from tests.examples.reacting import follow_all, only_those_of_this_test

pytestmark = pytest.mark.django_db(transaction=True)


def manage(command, *arguments, **options):
    output = io.StringIO()
    call_command(command, *arguments, stdout=output, **options)
    return output.getvalue()


@pytest.fixture
def stopped_table():
    """The daily totals, stopped by an event; the position of that."""
    rich("ann", 1_000)
    ask(pay("ann", "world", POISON))
    with broken_counting():
        follow()
        yield status_of(daily_totals).stopped_before


@pytest.fixture
def stopped_listener():
    user(SAM)
    with only_those_of_this_test():

        @reaction("greeting", AccountOpened)
        def greet(happened):
            if happened.event.code == "bad":
                raise ValueError("this one is bad")
            yield Tell(SAM.id, "greeting", happened.event.code)

        bad = ask(open_account("bad")).position
        follow_all()
        yield bad


def test_a_read_table_goes_on_without_the_event_it_is_stopped_before(stopped_table):
    said = manage("skip_event", "daily_totals", reason="Posted by a bug")
    assert said.endswith(f"; left out: {stopped_table}\n")
    follow()
    assert status_of(daily_totals).state == "running"
    (kept,) = interventions("daily_totals", 5)
    assert (kept.action, kept.position, kept.reason) == ("skip", stopped_table, "Posted by a bug")


def test_a_listener_goes_on_without_it(stopped_listener):
    said = manage("skip_event", "greeting", reason="Known", user="sam", json=True)
    (shown,) = json.loads(said)["listeners"]
    assert (shown["state"], shown["skipped"]) == ("running", [stopped_listener])
    (kept,) = interventions("greeting", 5)
    assert (kept.action, kept.by) == ("skip", SAM.id)


def test_each_tries_it_again(stopped_table, stopped_listener):
    assert manage("retry_event", "daily_totals").startswith("daily_totals: eventual, running")
    assert manage("retry_event", "greeting").startswith("greeting: reaction, running")
    follow()
    assert status_of(daily_totals).stopped_before == stopped_table
    (kept,) = interventions("daily_totals", 5)
    assert (kept.action, kept.reason) == ("retry", "Tried again by hand")


def test_what_was_skipped_counts_again(stopped_table):
    manage("skip_event", "daily_totals", reason="Posted by a bug")
    said = manage("retry_event", "daily_totals", position=stopped_table)
    assert "left out" not in said


@pytest.mark.parametrize(
    ("command", "name", "options", "sentence"),
    [
        ("skip_event", "nobody", {"reason": "x"}, "'nobody'. There are: .*daily_totals.*sweep"),
        ("skip_event", "daily_totals", {}, "required: --reason"),
        ("skip_event", "daily_totals", {"reason": " "}, "A reason is needed"),
        ("skip_event", "daily_totals", {"reason": "x", "position": 1}, "is stopped before"),
        ("skip_event", "daily_totals", {"reason": "x", "user": "who"}, "no user 'who'"),
        ("skip_event", "sweep", {"reason": "x"}, "sweep is not stopped"),
        ("retry_event", "balances", {}, "no worker is to be told"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(stopped_table, command, name, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        manage(command, name, **options)
    assert status_of(daily_totals).state == "stopped"
