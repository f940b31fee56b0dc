"""Operating what the worker keeps: retry, skip, pause and resume, each with a reason on record."""

import io
import json
from datetime import timedelta

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from eventstore.listeners.steering import NotPossible
from eventstore.models import Intervention
from eventstore.store import advance, checkpoint, latest_position, read_all
from projections.engine import follow as following
from projections.engine.differences import differences
from projections.engine.follow import catch_up
from projections.engine.models import ProjectionState
from projections.engine.operating import intervene, skipped
from projections.engine.projector import projections
from projections.engine.reading import consumer
from projections.engine.rebuild import rebuild
from projections.engine.status import status_of
from projections.ledger.models import DailyTotal
from projections.ledger.projectors import daily_totals
from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.following import DEBITED, POISON, broken_counting, follow
from tests.examples.ledger import pay
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db


@pytest.fixture
def bad():
    """The position of an event that cannot be counted; one of before and one of after it can."""
    rich("ann", 1_000)
    ask(pay("ann", "world", POISON))
    ask(pay("ann", "world", 1))
    return poisonous()[0]


def poisonous():
    return [e.position for e in read_all(types=[DEBITED]) if e.data["amount"] == str(POISON)]


@pytest.fixture
def stopped(bad):
    """The daily totals have stopped before it; their defect is mended."""
    with broken_counting():
        follow()
    assert status_of(daily_totals).stopped_before == bad
    return bad


def told(action, position=None, reason="Known defect", by=SAM):
    intervene(daily_totals, action, by=by.id, reason=reason, position=position)


def out_of(account):
    return sum(row.debits for row in DailyTotal.objects.filter(account=account))


# --- retry -----------------------------------------------------------------------------------


def test_when_the_defect_is_mended_it_is_tried_again_and_nothing_is_missing(stopped):
    assert (out_of("ann"), catch_up(daily_totals)) == (0, 0)
    told("retry")
    follow()
    assert out_of("ann") == POISON + 1
    assert list(differences(daily_totals)) == []
    assert ProjectionState.objects.get(name="daily_totals").error == ""


def test_when_it_is_not_it_stops_there_again(stopped):
    told("retry")
    with broken_counting():
        follow()
    assert status_of(daily_totals).stopped_before == stopped


# --- skip ------------------------------------------------------------------------------------


def test_a_skipped_event_is_left_out_by_the_worker_and_by_who_checks_it(stopped):
    told("skip", stopped)
    with broken_counting():
        follow()
        assert list(differences(daily_totals)) == []
    assert out_of("ann") == 1
    assert checkpoint(consumer("daily_totals")) == latest_position()
    assert skipped(daily_totals) == {stopped}
    kept = Intervention.objects.get()
    assert (kept.action, kept.position, kept.reason) == ("skip", stopped, "Known defect")
    assert (kept.follower, kept.by) == ("daily_totals", SAM.id)
    assert timezone.now() - kept.at < timedelta(minutes=1)


def test_one_event_after_another_is_skipped(stopped):
    rich("bob", POISON)
    ask(pay("bob", "ann", POISON))
    with broken_counting():
        for position in poisonous():
            follow()
            assert status_of(daily_totals).stopped_before == position
            told("skip", position)
        follow()
    assert status_of(daily_totals).skipped == tuple(poisonous())
    assert status_of(daily_totals).lag_events == 0


def test_a_skipped_event_is_left_out_of_a_table_that_is_made_anew(stopped):
    told("skip", stopped)
    with broken_counting():
        rebuild(daily_totals)
        assert list(differences(daily_totals)) == []
    assert out_of("ann") == 1
    assert status_of(daily_totals).lag_events == 0


def test_what_was_skipped_counts_again_after_a_retry_and_a_rebuild(stopped):
    told("skip", stopped)
    follow()
    told("retry", stopped, "Mended")
    (missing, *_) = differences(daily_totals)
    assert missing.columns == ["debits", "entries"]
    rebuild(daily_totals)
    assert out_of("ann") == POISON + 1
    assert skipped(daily_totals) == frozenset()


# --- pause -----------------------------------------------------------------------------------


def test_while_it_is_paused_the_worker_leaves_it_and_commands_go_on(bad):
    told("pause")
    follow()
    assert DailyTotal.objects.count() == 0
    assert ask(pay("ann", "world", 1)).succeeded
    assert status_of(daily_totals).state == "paused"
    told("resume")
    follow()
    assert status_of(daily_totals).state == "running"
    assert out_of("ann") == POISON + 2


# --- what is not possible --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "off", "reason", "sentence"),
    [
        ("skip", None, "Why not", "Name the position"),
        ("skip", 1, "Why not", "is stopped before position"),
        ("retry", 1, "Why not", "is stopped before position"),
        ("resume", None, "Why not", "is not paused"),
        ("skip", 0, " ", "A reason is needed"),
        ("skip", 0, "a\0b", "A reason is needed"),
    ],
)
def test_it_is_refused_with_a_sentence_and_nothing_changes(stopped, action, off, reason, sentence):
    position = None if off is None else stopped + off
    with pytest.raises(NotPossible, match=sentence):
        told(action, position, reason)
    assert status_of(daily_totals).stopped_before == stopped
    assert Intervention.objects.count() == 0


def test_what_runs_cannot_be_retried_nor_what_is_kept_with_the_events(bad):
    follow()
    with pytest.raises(NotPossible, match="is not stopped"):
        told("retry")
    (balances,) = [each for each in projections() if each.name == "balances"]
    with pytest.raises(NotPossible, match="kept with the events"):
        intervene(balances, "pause", by=SAM.id, reason="Why not")


def test_no_event_is_to_blame_when_the_database_fails(bad, monkeypatch):
    def fail(*_):
        raise OperationalError("deadlock") from psycopg.errors.DeadlockDetected()

    with monkeypatch.context() as patch:
        patch.setattr(following, "apply", fail)
        with pytest.raises(OperationalError):
            catch_up(daily_totals)
    assert status_of(daily_totals).state == "running"
    follow()
    assert list(differences(daily_totals)) == []


def test_a_table_made_anew_meanwhile_is_not_written_to(bad, monkeypatch):
    really = following.apply

    def made_anew(*what):
        really(*what)
        advance(consumer("daily_totals"), latest_position())

    monkeypatch.setattr(following, "apply", made_anew)
    assert catch_up(daily_totals) == 0
    assert status_of(daily_totals).state == "running"
    assert DailyTotal.objects.count() == 0


# --- in the terminal -------------------------------------------------------------------------


def manage(*arguments, **options):
    output = io.StringIO()
    call_command("projections", *arguments, stdout=output, **options)
    return output.getvalue()


def as_json(*arguments, **options):
    return json.loads(manage(*arguments, json=True, **options))["projections"]


def test_the_list_says_how_far_behind_each_is_in_events_and_seconds(bad):
    by_name = {each["name"]: each for each in as_json()}
    assert set(by_name) == {each.name for each in projections()}
    assert by_name["balances"]["kind"] == "immediate"
    assert (by_name["balances"]["lag_events"], by_name["balances"]["lag_seconds"]) == (0, 0)
    late = by_name["daily_totals"]
    assert (late["kind"], late["position"]) == ("eventual", 0)
    assert late["lag_events"] == latest_position()
    first = read_all(limit=1)[0].recorded_at
    assert 0 <= late["lag_seconds"] <= (timezone.now() - first).total_seconds() + 1
    assert "balances: immediate, running" in manage()
    assert f"{latest_position()} events and" in manage()
    follow()
    assert "daily_totals: eventual, running" in manage("list", "daily_totals")
    assert manage("list", "daily_totals").strip().endswith("as far as the log")


def test_an_operator_skips_with_position_and_reason_and_is_named(stopped):
    user(SAM)
    about = {"position": stopped, "reason": "Known defect", "user": "sam"}
    (after,) = as_json("skip", "daily_totals", **about)
    assert (after["state"], after["skipped"], after["stopped_before"]) == (
        "running",
        [stopped],
        None,
    )
    assert Intervention.objects.get().by == SAM.id
    follow()
    assert f"left out: {stopped}" in manage("list", "daily_totals")


def test_the_other_actions_do_as_they_say(stopped):
    assert f"stopped before {stopped}: ValueError: this one is bad" in manage()
    assert "eventual, running" in manage("retry", "daily_totals", reason="Mended")
    assert "eventual, paused" in manage("pause", "daily_totals", reason="Disk")
    assert "eventual, running" in manage("resume", "daily_totals", reason="Disk")
    actions = Intervention.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["retry", "pause", "resume"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["skip"], "Name the read table to skip"),
        (["skip", "nope", "--reason", "x"], "No read table is called 'nope'"),
        (["skip", "daily_totals", "--position", "1"], "A reason is needed"),
        (["skip", "daily_totals", "--position", "1", "--reason", "x"], "is not stopped"),
        (["pause", "daily_totals", "--reason", "x", "--as", "ghost"], "no user 'ghost'"),
        (["pause", "balances", "--reason", "x"], "kept with the events"),
        (["skip", "daily_totals", "--position", "x"], "invalid int value"),
        (["mend", "daily_totals"], "invalid choice"),
    ],
)
def test_what_it_cannot_do_is_a_sentence_and_no_traceback(bad, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        manage(*arguments)
