"""A rebuild was refused for an event: it may be left out, and the live table goes on meanwhile."""

from importlib import import_module

import pytest
from django.apps import apps

from eventstore.listeners.steering import NotPossible
from eventstore.store import read_all
from projections.engine.building import Building, RebuildRefused
from projections.engine.differences import differences
from projections.engine.models import ProjectionState
from projections.engine.operating import intervene
from projections.engine.reading import behind
from projections.engine.rebuild import rebuild
from projections.engine.status import status_of
from projections.ledger.models import DailyTotal
from projections.ledger.projectors import daily_totals
from tests.examples.asking import ask, rich
from tests.examples.following import DEBITED, POISON, broken_counting, follow
from tests.examples.ledger import pay
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db(transaction=True)


def paid(*amounts):
    for amount in amounts:
        assert ask(pay("ann", "world", amount)).succeeded


@pytest.fixture(autouse=True)
def ledger():
    rich("ann", 2_000)
    paid(1, 2)
    follow()


def out_of(account):
    return sum(row.debits for row in DailyTotal.objects.filter(account=account))


@pytest.fixture
def refused():
    """New code cannot apply what old code could."""
    paid(POISON, 3)
    follow()
    bad = read_all(types=[DEBITED])[-2].position
    said = f"projections skip daily_totals --position {bad} "
    with broken_counting():
        with pytest.raises(RebuildRefused, match=said):
            rebuild(daily_totals)
        yield bad


def test_the_event_is_on_record_and_the_worker_goes_on_with_the_live_table(refused):
    status = status_of(daily_totals)
    assert (status.state, status.stopped_before) == ("running", None)
    said = f"a rebuild was refused at position {refused}: ValueError: this one is bad"
    assert status.error == said
    paid(5)
    follow()
    assert status_of(daily_totals).lag_events == 0
    assert out_of("ann") == 1 + 2 + POISON + 3 + 5
    assert behind() == []


def test_so_does_one_that_has_not_come_as_far():
    """What new code makes says nothing of what old code can do."""
    paid(POISON)
    last = read_all(types=[DEBITED])[-1].position
    with broken_counting(), pytest.raises(RebuildRefused, match=f"at position {last} "):
        rebuild(daily_totals)
    assert status_of(daily_totals).position < last
    follow()
    assert status_of(daily_totals).lag_events == 0


def test_the_live_table_and_the_next_one_may_be_stopped_at_events_of_their_own(refused):
    paid(POISON)
    follow()
    live = status_of(daily_totals).stopped_before
    assert live > refused
    intervene(daily_totals, "skip", by=SAM.id, reason="Nobody needs it", position=refused)
    assert status_of(daily_totals).stopped_before == live
    intervene(daily_totals, "skip", by=SAM.id, reason="Nor this one", position=live)
    assert rebuild(daily_totals).events > 0
    assert status_of(daily_totals).skipped == (refused, live)


def test_a_refusal_is_forgotten_when_the_code_is_mended(refused, monkeypatch):
    """Should the next run be refused for something else, nobody skips an event for nothing."""

    def fail(self):
        raise RebuildRefused("for something else")

    monkeypatch.setattr(Building, "_check", fail)
    daily_totals._functions[DEBITED], broken = (lambda *_: None), daily_totals._functions[DEBITED]
    with pytest.raises(RebuildRefused, match="for something else"):
        rebuild(daily_totals)
    daily_totals._functions[DEBITED] = broken
    assert status_of(daily_totals).error == ""
    with pytest.raises(NotPossible, match="daily_totals is not stopped"):
        intervene(daily_totals, "skip", by=SAM.id, reason="Nobody needs it", position=refused)


def test_what_was_noted_of_a_table_that_is_beyond_it_was_a_refusal(refused):
    """As rebuilds did before they noted it apart."""
    ProjectionState.objects.filter(name="daily_totals").update(
        stopped_at=refused, error="ValueError: bad", refused_at=None, refusal=""
    )
    paid(5)
    follow()
    assert status_of(daily_totals).lag_events == 0
    import_module("projections.engine.migrations.0005_refusals").set_apart(apps, None)
    said = f"a rebuild was refused at position {refused}: ValueError: bad"
    assert (status_of(daily_totals).state, status_of(daily_totals).error) == ("running", said)


def test_once_it_is_skipped_with_a_reason_the_next_rebuild_leaves_it_out(refused):
    intervene(daily_totals, "skip", by=SAM.id, reason="Nobody needs it", position=refused)
    assert rebuild(daily_totals).events > 0
    assert out_of("ann") == 1 + 2 + 3
    assert status_of(daily_totals).stopped_before is None
    assert list(differences(daily_totals)) == []


def test_when_it_is_tried_again_it_is_named_again(refused):
    intervene(daily_totals, "retry", by=SAM.id, reason="Mended")
    assert status_of(daily_totals).error == ""
    with pytest.raises(RebuildRefused, match=f"at position {refused} "):
        rebuild(daily_totals)
    assert f"at position {refused}" in status_of(daily_totals).error
