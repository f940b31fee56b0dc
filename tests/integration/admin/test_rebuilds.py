"""Staff have a read table made anew: a worker does it, and its page says how far it is."""

import re
from datetime import timedelta
from time import monotonic, sleep

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from eventstore.listeners.steering import NotPossible
from eventstore.models import Intervention
from eventstore.store import latest_position
from projections.engine.alone import alone, under_way
from projections.engine.making import making
from projections.engine.models import ProjectionState
from projections.engine.operating import ask_for_rebuild
from projections.engine.rebuilds import Rebuilds
from projections.engine.side_by_side import rebuild_each
from projections.ledger.models import Balance
from projections.ledger.projectors import balances
from tests.examples.connections import database_url
from tests.examples.people import SAM
from tests.integration.admin.rebuilding import (
    REBUILD,
    WINDOW,
    made_by_an_operator,
    said,
    state,
)
from tests.integration.admin.windows import shown, text

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def beside(monkeypatch):
    """Processes that a worker starts are on the test database."""
    monkeypatch.setenv("DATABASE_URL", database_url())
    monkeypatch.setenv("SECRET_KEY", settings.SECRET_KEY)


def until_done(by: Rebuilds) -> None:
    end = monotonic() + 60
    while state().wanted_at and monotonic() < end:
        by.look()
        sleep(0.05)
    assert state().wanted_at is None


# --- asking ----------------------------------------------------------------------------------


def test_it_is_asked_for_with_a_reason_and_waits_for_a_worker(sam):
    assert "Rebuild" in text(sam.get(shown(WINDOW, "balances")))
    assert "beside the live one" in text(sam.get(REBUILD))
    page = text(sam.post(REBUILD, {"reason": "A column looks odd"}, follow=True))
    assert "The worker makes balances anew. Reload this page" in page
    assert "waits for a worker" in page
    assert f"{SAM.name} rebuild — A column looks odd" in page
    assert REBUILD not in sam.get(shown(WINDOW, "balances")).content.decode()


def test_asked_for_twice_it_is_made_once(sam):
    for _ in range(2):
        answer = sam.post(REBUILD, {"reason": "Odd"}, follow=True)
    assert "Balances is being made anew already." in text(answer)
    assert Intervention.objects.filter(action="rebuild").count() == 1


def test_it_is_not_asked_for_while_somebody_makes_it(sam):
    with made_by_an_operator():
        assert under_way(["entries", "balances"]) == {"balances"}
        with pytest.raises(NotPossible, match="is being made anew already"):
            ask_for_rebuild(balances, by=SAM.id, reason="Odd")
    assert under_way(["entries", "balances"]) == set()


@pytest.mark.parametrize("reason", ["", " ", "a\0b"])
def test_without_a_reason_nothing_is_asked_for(sam, reason):
    sam.post(REBUILD, {"reason": reason})
    assert state().wanted_at is None
    assert not Intervention.objects.exists()


def test_only_those_who_operate_may(vic):
    for answer in (vic.get(REBUILD), vic.post(REBUILD, {"reason": "x"})):
        assert answer.status_code == 403
    assert not ProjectionState.objects.filter(wanted_at__isnull=False).exists()


# --- making ----------------------------------------------------------------------------------


def test_a_worker_makes_it_anew(sam, beside):
    Balance.objects.filter(account="ann").update(debits=999)
    sam.post(REBUILD, {"reason": "A column looks odd"})
    before = state().generation
    with Rebuilds() as worker:
        until_done(worker)
    assert state().generation == before + 1
    assert Balance.objects.get(account="ann").debits == 30
    assert said(sam).startswith(" —")


def test_one_that_is_refused_says_why_and_may_be_asked_for_again(sam, beside):
    with connection.cursor() as cursor:
        cursor.execute("CREATE VIEW leans_on_balances AS SELECT account FROM ledger_balance")
    try:
        sam.post(REBUILD, {"reason": "A column looks odd"})
        with Rebuilds() as worker:
            until_done(worker)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP VIEW leans_on_balances")
    assert "The last try made nothing." in said(sam)
    assert "leans_on_balances" in said(sam)
    assert REBUILD in sam.get(shown(WINDOW, "balances")).content.decode()


def test_a_worker_leaves_it_to_who_makes_it_already(sam, beside):
    ask_for_rebuild(balances, by=SAM.id, reason="Odd")
    with made_by_an_operator(), Rebuilds() as worker:
        worker.look()
        assert worker._process is None
    assert state().wanted_at is not None


def test_being_made_already_is_no_failure_to_be_told(sam):
    ask_for_rebuild(balances, by=SAM.id, reason="Odd")
    with made_by_an_operator():
        (failed,) = rebuild_each([balances], 1, lambda name, done, total: None)
    assert "is being rebuilt already" in failed.why
    assert (state().unmade, state().wanted_at is None) == ("", False)


# --- how far it is ---------------------------------------------------------------------------


def test_its_page_says_how_far_it_is_and_how_fast(sam):
    now = timezone.now()
    ProjectionState.objects.filter(name="balances").update(
        loaded=3, began=1, began_at=now - timedelta(seconds=4), loaded_at=now
    )
    total = latest_position()
    assert f"3 of {total} positions" in said(sam)
    assert "was stopped: the next run goes on from there" in said(sam)
    with alone("balances"):
        page = sam.get(shown(WINDOW, "balances")).content.decode()
    assert re.search(rf'<progress max="{total}" value="3"', page)
    assert "then it takes the place of the live table" in page


def test_the_rate_is_that_of_the_run_and_not_of_those_before_it():
    now = timezone.now()
    known = ProjectionState(
        loaded=4_000, began=2_000, began_at=now - timedelta(seconds=4), loaded_at=now
    )
    assert making(known, 10_000, is_under_way=True).told == (
        "4,000 of 10,000 positions (40 %); events are read; 500 positions a second, 12 s left"
    )


def test_nothing_is_said_of_what_nobody_makes(sam):
    assert making(ProjectionState(), 0, is_under_way=False).told == ""
    assert said(sam).startswith(" —")
