"""A restored log may end before what was read of it: tables of lost events are made anew."""

import pytest
from django.core.management import call_command

from eventstore.epoch import raise_epoch
from eventstore.head_exports import CONSUMER, export, unexported_seconds
from eventstore.store import advance, checkpoint, latest_position
from projections.engine.differences import differences
from projections.engine.follow import catch_up
from projections.engine.models import ProjectionState
from projections.engine.projector import projections
from projections.engine.reading import behind, consumer
from projections.engine.rebuild import rebuild
from projections.engine.status import status_of
from projections.ledger.models import Entry
from projections.ledger.projectors import daily_totals
from tests.examples.asking import ask, rich
from tests.examples.dying import killed
from tests.examples.following import follow
from tests.examples.forging import CUT, forge
from tests.examples.ledger import pay

pytestmark = pytest.mark.django_db(transaction=True)

LATE = projections(immediate=False)
SAID = [
    f"{each.name} was built from events that the log has lost: run rebuild_projections {each.name}"
    for each in LATE
]


@pytest.fixture(autouse=True)
def ledger(settings, tmp_path):
    """Ann paid once, and what was known then was kept; she paid again, and the worker saw it."""
    settings.HOME = tmp_path
    rich("ann", 100)
    ask(pay("ann", "world", 1))


@pytest.fixture
def then(ledger):
    position = latest_position()
    ask(pay("ann", "world", 2))
    follow()
    return position


def restore(position, but=""):
    """The log and what is kept with it are of then again; what the worker noted is of now."""
    forge(CUT.format(position))
    for each in projections(immediate=True):
        if each.name != but:
            rebuild(each)


def pay_more_than_was_lost():
    for _ in range(3):
        assert ask(pay("ann", "world", 5)).succeeded


def put_right():
    call_command("rebuild_projections", "--changed")
    follow()
    assert behind() == []
    assert [found for each in projections() for found in differences(each)] == []
    assert checkpoint(consumer("daily_totals")) == latest_position()


def test_the_worker_finds_out_that_it_is_beyond_the_end_of_the_log(then):
    restore(then)
    assert [catch_up(each) for each in LATE] == [0 for _ in LATE]
    assert behind() == SAID
    assert {status_of(each).state for each in LATE} == {"outdated"}
    pay_more_than_was_lost()
    follow()
    assert behind() == SAID
    put_right()


def test_an_epoch_that_begins_finds_it_out_before_the_log_has_grown_again(then):
    restore(then)
    raise_epoch("restored")
    pay_more_than_was_lost()
    follow()
    assert behind() == SAID
    put_right()


def test_what_was_restored_as_one_is_let_be(then):
    raise_epoch("restored")
    assert behind() == []
    assert (status_of(daily_totals).state, status_of(daily_totals).lag_events) == ("running", 0)


def test_a_table_that_was_left_behind_beyond_the_end_does_not_rejoin(then):
    ProjectionState.objects.filter(name="entries").update(behind_since=latest_position())
    restore(then, but="entries")
    (entries,) = [each for each in projections() if each.name == "entries"]
    assert catch_up(entries) == 0
    assert behind()[0].startswith("entries was built from events that the log has lost")
    assert ask(pay("ann", "world", 5)).succeeded
    rebuild(entries)
    assert differences(entries) == []


def test_a_log_that_lost_everything_is_followed_from_its_beginning(then):
    restore(0)
    raise_epoch("restored")
    assert rebuild(daily_totals).events == 0
    assert checkpoint(consumer("daily_totals")) is None
    rich("bob", 3)
    follow()
    assert differences(daily_totals) == []


def test_a_table_half_made_of_another_epoch_is_begun_anew(then):
    killed("tests.examples.crashing_rebuild", "during the swap")
    raise_epoch("restored")
    (entries,) = [each for each in projections() if each.name == "entries"]
    assert rebuild(entries).events == Entry.objects.count()


def test_heads_are_exported_of_the_log_that_there_is(then, tmp_path):
    export(tmp_path)
    restore(then)
    assert unexported_seconds() > 0
    export(tmp_path)
    assert (checkpoint(CONSUMER), unexported_seconds()) == (then, 0)
    assert {file.name.split(".")[-2] for file in tmp_path.glob("public.*")} >= {str(then)}
    advance(CONSUMER, then + 1)
