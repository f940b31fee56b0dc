"""Several read tables are made again at once: one that fails or is killed stops no other."""

import io
import json
import multiprocessing
import os
import signal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from projections.engine import building, loading
from projections.engine.building import RebuildRefused
from projections.engine.differences import differences
from projections.engine.projector import projections
from projections.engine.rebuild import Rebuilt, rebuild
from projections.engine.side_by_side import Failed, rebuild_each
from projections.ledger.models import Balance, Entry
from tests.examples.asking import ask, rich
from tests.examples.connections import until
from tests.examples.crashing_rebuild import wait_half_way
from tests.examples.dying import killed
from tests.examples.ledger import pay

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ["balances", "entries"]


def chosen():
    return [each for each in projections() if each.name in NAMES]


@pytest.fixture(autouse=True)
def ledger(monkeypatch):
    """Enough events for tables that are made in small steps, each of which is kept."""
    monkeypatch.setattr(loading, "EVENTS", 5)
    monkeypatch.setattr(building, "KEEP", 0.0)
    for code in ("ann", "bob"):
        rich(code, 100)
    for _ in range(40):
        assert ask(pay("ann", "bob", 1)).succeeded
    yield
    assert multiprocessing.active_children() == []
    assert [found for each in chosen() for found in differences(each)] == []


def rows():
    return [list(each.objects.order_by("pk").values_list()) for each in (Balance, Entry)]


def nothing(name, done, total):
    """Nobody looks at how far they have come."""


def test_two_tables_are_made_by_two_processes_at_the_same_time():
    seen, together = dict.fromkeys(NAMES, 0), []

    def told(name, done, total):
        assert 0 < done <= total
        assert done >= seen[name]
        seen[name] = done
        together.append(len(multiprocessing.active_children()))

    before = rows()
    done = {each.name: each for each in rebuild_each(chosen(), 2, told)}
    assert done["entries"].events == Entry.objects.count() > 80
    assert done["balances"].events == done["entries"].events + Balance.objects.count()
    assert max(together) == 2
    assert seen["balances"] == seen["entries"] > 100
    assert rows() == before


def test_no_more_are_made_at_once_than_there_may_be():
    together = set()
    told = lambda *_: together.add(len(multiprocessing.active_children()))  # noqa: E731
    assert len(list(rebuild_each(projections(), 2, told))) == len(projections())
    assert max(together) == 2
    together.clear()
    assert len(list(rebuild_each(projections(), 1, told))) == len(projections())
    assert together == {0}


@pytest.mark.parametrize("jobs", [0, -1])
def test_none_at_once_is_refused(jobs):
    with pytest.raises(CommandError, match="from 1 on"):
        call_command("rebuild_projections", jobs=jobs)


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_that_fails_is_told_and_the_others_are_done(jobs):
    with connection.cursor() as cursor:
        cursor.execute("CREATE VIEW richest AS SELECT account FROM ledger_balance")
    out = io.StringIO()
    try:
        with pytest.raises(CommandError, match="ledger_balance has the view richest"):
            call_command("rebuild_projections", *NAMES, jobs=jobs, json=True, stdout=out)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP VIEW richest")
    (made,) = json.loads(out.getvalue())["projections"]
    assert made["name"] == "entries"
    assert made.keys() == {"name", "events", "seconds", "lock_ms"}


def test_one_that_is_killed_is_told_and_goes_on_later(monkeypatch):
    def told(name, done, total):
        if name == "entries" and done > total // 2:
            for process in multiprocessing.active_children():
                if process.name == name:
                    os.kill(process.pid, signal.SIGKILL)

    with monkeypatch.context() as patch:
        patch.setattr(building.Building, "_note", wait_half_way("entries"))
        found = {each.name: each for each in rebuild_each(chosen(), 2, told)}
    assert isinstance(found["balances"], Rebuilt)
    said = "entries could not be made anew: its process ended with -9"
    assert found["entries"] == Failed("entries", said)
    assert 0 < gone_on("entries") < Entry.objects.count()


def test_whoever_is_interrupted_leaves_no_process_behind_and_all_go_on_later(monkeypatch):
    seen = {}

    def told(name, done, total):
        seen[name] = done
        if len(seen) == 2 and min(seen.values()) > total // 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(building.Building, "_note", wait_half_way(*NAMES))
        with pytest.raises(KeyboardInterrupt):
            list(rebuild_each(chosen(), 2, told))
    assert multiprocessing.active_children() == []
    for name in NAMES:
        assert 0 < gone_on(name) < Entry.objects.count()


def test_they_end_with_the_command_that_is_killed():
    killed("tests.examples.crashing_rebuild", "side by side")
    assert 0 < gone_on("entries") < Entry.objects.count()


def gone_on(name):
    """How many events a rebuild has to apply that goes on, once nobody else is at it."""
    (table,) = (each for each in projections() if each.name == name)
    done = []

    def again():
        try:
            done.append(rebuild(table).events)
        except RebuildRefused as error:
            assert "is being rebuilt already" in str(error)
        return bool(done)

    until(again, f"the end of whoever made {name}")
    return done[0]


def test_in_a_transaction_nobody_else_is_needed():
    with transaction.atomic():
        assert ask(pay("ann", "bob", 1)).succeeded
        assert {each.name for each in rebuild_each(chosen(), 2, nothing)} == set(NAMES)
    assert Entry.objects.filter(account="bob").count() == 42
