"""`manage.py listeners`: how they stand, and what an operator does with one that has stopped."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from commands.engine.models import Notification
from commands.engine.reactions import Tell, reaction
from eventstore.events.ledger import AccountOpened
from eventstore.listeners.status import Log, statuses
from eventstore.listeners.steering import interventions
from eventstore.reading import latest_position, read_all
from projections.engine import status as of_projections
from tests.examples.asking import ask
from tests.examples.factories import user
from tests.examples.ledger import open_account
from tests.examples.people import SAM
from tests.examples.reacting import only_those_of_this_test

pytestmark = pytest.mark.django_db(transaction=True)

BAD = set()


@pytest.fixture(autouse=True)
def bad():
    """A reaction that cannot greet the second of three; the position of that event."""
    user(SAM)
    with only_those_of_this_test():

        @reaction("greeting", AccountOpened)
        def greet(happened):
            if happened.event.code in BAD:
                raise ValueError("this one is bad")
            yield Tell(SAM.id, "greeting", happened.event.code)

        BAD.add("bad")
        ask(open_account("ann"))
        opened = ask(open_account("bad"))
        ask(open_account("bob"))
        yield opened.position
    BAD.clear()


def manage(*arguments, **options):
    output = io.StringIO()
    call_command("listeners", *arguments, stdout=output, **options)
    return output.getvalue()


def told():
    return sorted(Notification.objects.values_list("text", flat=True))


def test_it_says_how_far_each_has_come_and_before_what_it_stopped(bad):
    said = manage("follow")
    assert said.startswith(f"greeting: reaction, stopped, at position {bad - 1}, 2 events and ")
    assert said.endswith(f" s behind; stopped before {bad}: ValueError: this one is bad\n")
    (shown,) = json.loads(manage(json=True))["listeners"]
    assert (shown["state"], shown["stopped_before"], shown["lag_events"]) == ("stopped", bad, 2)


def test_it_lags_behind_by_the_seconds_since_the_first_event_that_waits(bad):
    manage("follow")
    waits = read_all(after=bad - 1, limit=1)[0].recorded_at
    log = Log(latest_position(), waits + timedelta(seconds=90))
    assert [each.lag_seconds for each in statuses(log)] == [90.0]
    first = read_all(limit=1)[0].recorded_at
    late = {each.name: each.lag_seconds for each in of_projections.statuses(log)}
    assert late["daily_totals"] == pytest.approx(90 + (waits - first).total_seconds())
    assert late["balances"] == 0


def test_once_mended_it_is_tried_again(bad):
    manage("follow")
    BAD.clear()
    said = manage("retry", "greeting", reason="Mended", user="sam")
    assert said.startswith("greeting: reaction, running")
    assert manage("follow").endswith("as far as the log\n")
    assert told() == ["ann", "bad", "bob"]


def test_an_event_is_skipped_with_a_reason_by_somebody(bad):
    manage("follow")
    manage("skip", "greeting", position=bad, reason="Known", user="sam")
    assert manage("follow").endswith(f"as far as the log; left out: {bad}\n")
    assert told() == ["ann", "bob"]
    (kept,) = interventions("greeting", 5)
    assert (kept.action, kept.position, kept.reason, kept.by) == ("skip", bad, "Known", SAM.id)


def test_it_is_paused_and_resumed(bad):
    assert ", paused, " in manage("pause", "greeting", reason="Audit", user="sam")
    manage("follow")
    assert told() == []
    manage("resume", "greeting", reason="Done", user="sam")
    manage("follow")
    assert told() == ["ann"]


def test_it_is_replayed_and_tells_nothing_twice():
    BAD.clear()
    manage("follow")
    said = manage("replay", "greeting", position=0, reason="To be sure", user="sam")
    assert f"at position 0, {latest_position()} events and" in said
    manage("follow")
    assert told() == ["ann", "bad", "bob"]


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        (["retry", "nobody"], {"reason": "x", "user": "sam"}, "nobody"),
        (["skip", "greeting"], {"reason": "x", "user": "sam"}, "Name the position"),
        (["skip", "greeting"], {"reason": "x", "user": "sam", "position": 1}, "is stopped before"),
        (["retry", "greeting"], {"reason": " ", "user": "sam"}, "A reason is needed"),
        (["retry", "greeting"], {"reason": "x", "user": "who"}, "There is no user 'who'"),
        (["resume", "greeting"], {"reason": "x", "user": "sam"}, "is not paused"),
        (["replay", "greeting"], {"reason": "x", "user": "sam"}, "Name a position from 0 to"),
        (
            ["replay", "greeting"],
            {"reason": "x", "user": "sam", "position": 99},
            "Name a position from 0 to",
        ),
    ],
)
def test_what_it_cannot_do_is_a_sentence(bad, arguments, options, sentence):
    manage("follow")
    with pytest.raises(CommandError, match=sentence):
        manage(*arguments, **options)
    assert ", stopped, " in manage()
