"""`manage.py doctor`: a line for each thing an operator looks at, and what to do about it."""

import io
import shutil
from collections import namedtuple
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from commands.engine.models import Request
from commands.webhooks.models import Endpoint
from config import doctor, verified
from eventstore import wakeup
from eventstore.listeners.listener import listeners
from eventstore.listeners.steering import intervene
from eventstore.sessions import introduce
from eventstore.store import latest_position
from projections.engine.models import ProjectionState
from projections.ledger.models import Balance
from tests.examples.asking import ask, rich
from tests.examples.clock import standing
from tests.examples.connections import another_connection, until
from tests.examples.doctor import examined, looked_at
from tests.examples.following import POISON, broken_counting, follow
from tests.examples.ledger import pay
from tests.examples.people import ANN, SAM
from tests.examples.queueing import pay_later
from tests.examples.reacting import follow_all
from tests.examples.receiving import endpoint
from tests.examples.verifying import reported

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    """A log, followed to its end, and a home in which nothing was verified."""
    settings.HOME = tmp_path
    rich("ann", 1_000, owner=ANN)
    follow()
    follow_all()


@pytest.fixture
def worker():
    """A session as a worker has them."""
    options = connection.settings_dict["OPTIONS"]
    usual = options["application_name"]
    introduce("worker")
    try:
        with another_connection():
            yield
    finally:
        options["application_name"] = usual


def test_a_ledger_that_is_well_has_no_problem(worker):
    reported()
    lines = examined()
    assert {name for name, line in lines.items() if line["state"] == "problem"} == set()
    assert {"production", "disk", "database", "pooler", "migrations", "roles", "log"} < set(lines)
    assert {"workers", "queue", "balances", "daily_totals", "sweep", "webhooks"} < set(lines)
    assert {"heads", "verify", "clock"} < set(lines)
    assert f"{latest_position()} events in epoch 1" in lines["log"]["says"]
    assert lines["verify"]["says"].endswith(f"to position {latest_position()}: nothing differed")


def test_the_page_says_the_same_for_people():
    output = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=output)
    lines = output.getvalue().splitlines()
    assert any(line.startswith("ok       balances       immediate, as far as") for line in lines)
    at = next(n for n, line in enumerate(lines) if line.startswith("problem  workers "))
    assert lines[at + 1].strip() == "→ Run `manage.py run_worker`."
    assert lines[-1].endswith(" to be mended.")


# --- those who work ----------------------------------------------------------------------------


def test_workers_are_seen_while_they_are_connected(worker):
    state, says, _ = looked_at("workers")
    assert (state, says.startswith("1: ")) == ("ok", True)


def test_without_one_nothing_is_done():
    assert looked_at("workers")[0] == "problem"


def test_a_worker_is_named_on_the_way_around_a_pooler_too(worker, settings):
    settings.DATABASE_SESSION_URL = "postgres://somebody@db.example/ledger"
    named = wakeup.session_parameters()["fallback_application_name"]
    assert named == connection.settings_dict["OPTIONS"]["application_name"]


@pytest.mark.parametrize(
    ("age", "state"), [(1, "ok"), (60, "warning"), (3_600, "problem")], ids=str
)
def test_what_waits_for_long_is_told(age, state):
    rich("bob", 0)
    request = pay_later().request
    Request.objects.filter(id=request).update(received_at=timezone.now() - timedelta(seconds=age))
    assert looked_at("queue")[0] == state


def test_who_is_stopped_is_told_with_both_ways_out():
    bad = ask(pay("ann", "world", POISON))
    with broken_counting():
        follow()
        state, says, do = looked_at("daily_totals")
    assert (state, "ValueError: this one is bad" in says) == ("problem", True)
    assert bad.position <= latest_position()
    assert "`manage.py retry_event daily_totals`" in do
    assert "`manage.py skip_event daily_totals --reason …`" in do


def test_who_is_paused_outdated_or_left_behind_is_told():
    sweep = next(each for each in listeners() if each.name == "sweep")
    intervene(sweep, "pause", by=SAM.id, reason="Audit")
    assert looked_at("sweep")[0] == "warning"
    assert "listeners resume sweep" in looked_at("sweep")[2]
    ProjectionState.objects.filter(name="entries").update(fingerprint="of other code")
    assert looked_at("entries")[0::2] == (
        "problem", "Run `manage.py rebuild_projections entries`."
    )  # fmt: skip
    ProjectionState.objects.filter(name="balances").update(behind_since=1)
    assert looked_at("balances")[0] == "problem"


@pytest.mark.parametrize(("age", "state"), [(0, "ok"), (90, "warning"), (3_600, "problem")])
def test_who_is_late_is_told(age, state):
    ask(pay("ann", "world", 1))
    with standing(timezone.now() + timedelta(seconds=age)):
        late = {line.name: line.state for line in doctor.examine()}
    assert (late["daily_totals"], late["sweep"], late["balances"]) == (state, state, "ok")


def test_webhooks_that_fail_are_told():
    assert looked_at("webhooks")[1] == "there are none"
    made = endpoint("https://example.com/hook")
    assert looked_at("webhooks")[0] == "ok"
    Endpoint.objects.filter(id=made.id).update(failing_since=timezone.now())
    assert looked_at("webhooks")[0] == "warning"


def test_heads_that_are_not_exported_in_time_are_told(settings, tmp_path):
    settings.DAYBOOK_HEADS_FOLDER = str(tmp_path)
    assert looked_at("heads")[0] == "ok"
    settings.DAYBOOK_HEADS_EVERY = -700
    until(lambda: looked_at("heads")[0] == "problem", "a head that is overdue")


# --- the place ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("free", "state"), [(50, "ok"), (5, "warning"), (1, "problem")])
def test_a_disk_that_fills_up_is_told(monkeypatch, free, state):
    usage = namedtuple("usage", "total used free")(100, 100 - free, free)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage)
    assert looked_at("disk")[0] == state


def test_a_clock_that_is_wrong_is_told():
    assert looked_at("clock")[0] == "ok"
    with standing(timezone.now() - timedelta(hours=1)):
        lines = [line for line in doctor.examine() if line.name == "clock"]
    assert [line.state for line in lines] == ["problem", "problem"]
    assert lines[1].says.endswith(" ahead of the database's clock")


def test_the_books_day_is_told_in_its_zone(settings):
    settings.DAYBOOK_BOOK_TIME_ZONE = "Pacific/Auckland"
    assert looked_at("clock")[1].endswith("in the book's zone, Pacific/Auckland")


# --- what was verified -------------------------------------------------------------------------


def test_a_ledger_that_nobody_verified_is_told():
    assert looked_at("verify")[::2] == ("warning", "Run `manage.py verify`.")
    reported("balances")
    assert looked_at("verify")[1] == "never run here on this log"
    reported()
    assert looked_at("verify")[0] == "ok"


def test_what_differed_stays_told_until_a_run_over_everything_is_clean():
    Balance.objects.filter(account="ann").update(credits=7)
    reported()
    state, says, _ = looked_at("verify")
    assert (state, says.endswith(": balances differ")) == ("problem", True)
    reported(since="2")
    states = [line.state for line in doctor.examine() if line.name == "verify"]
    assert states == ["problem", "ok"]
    reported("balances", repair=True)
    assert "problem" in [line.state for line in doctor.examine() if line.name == "verify"]
    reported()
    assert looked_at("verify")[0] == "ok"


def test_a_run_of_long_ago_or_of_another_log_is_told():
    reported()
    (run,) = verified.recall()
    for changed in (
        {"at": run.at - timedelta(days=9)},
        {"epoch": run.epoch + 1},
    ):
        about = {name: getattr(run, name) for name in verified.Run.__slots__}
        verified.remember(verified.Run(**(about | changed)))
        assert looked_at("verify")[0] == "warning"


def test_a_file_that_cannot_be_read_is_as_good_as_none(tmp_path):
    reported()
    (file,) = tmp_path.glob("verified.*.json")
    for text in ("", "[1]", '[{"at": "yesterday"}]', "{}"):
        file.write_text(text)
        assert verified.recall() == []
