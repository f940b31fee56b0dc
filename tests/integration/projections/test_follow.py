"""Eventual projections: they follow the log from a checkpoint, and stop before what they cannot."""

import threading

import pytest
from django.db import connection, transaction

from eventstore.events.ledger import TransferPosted
from eventstore.store import advance, checkpoint, latest_position
from projections.engine import projector, worker
from projections.engine.follow import catch_up
from projections.engine.models import ProjectionState
from projections.engine.projector import Projection
from projections.engine.reading import behind, consumer
from projections.engine.rebuild import rebuild
from projections.ledger.models import Transfer
from projections.ledger.projectors import post, transfer_id
from tests.examples.asking import ask, rich
from tests.examples.connections import InThread, until
from tests.examples.ledger import pay

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "late_transfers"


@pytest.fixture
def late(monkeypatch):
    """The table of transfers once more, but written later, by the worker."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {NAME} (LIKE ledger_transfer INCLUDING ALL)")
    monkeypatch.setattr(projector, "_projections", dict(projector._projections))
    made = Projection(NAME, Transfer, key=transfer_id, immediate=False)
    made.on(TransferPosted)(post)
    projector._projections[NAME] = made = made.into(NAME)
    yield made
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {NAME}")


def written():
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT position FROM {NAME} ORDER BY position")
        return [position for (position,) in cursor.fetchall()]


def posted():
    return list(Transfer.objects.order_by("position").values_list("position", flat=True))


def poison(late, reference):
    """The projection fails for transfers with this reference."""

    def fail(row, event, recorded):
        if event.reference == reference:
            raise ValueError("this one is bad")
        post(row, event, recorded)

    late.on(TransferPosted)(fail)


def test_it_catches_up_and_keeps_its_checkpoint_with_its_rows(late):
    rich("ann", 100)
    assert written() == []
    assert checkpoint(consumer(NAME)) is None
    while catch_up(late):
        pass
    assert written() == posted()
    assert checkpoint(consumer(NAME)) == latest_position()
    assert catch_up(late) == 0


def test_rows_and_checkpoint_commit_together_or_not_at_all(late):
    rich("ann", 100)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        catch_up(late)
        raise ZeroDivisionError
    assert (written(), checkpoint(consumer(NAME))) == ([], None)


def test_it_stops_before_an_event_it_cannot_apply_and_says_so(late):
    rich("ann", 100)
    ask(pay("ann", "world", 1, reference="bad"))
    ask(pay("ann", "world", 1))
    bad = posted()[1]
    poison(late, "bad")
    catch_up(late)
    assert written() == posted()[:1]
    state = ProjectionState.objects.get(name=NAME)
    assert (state.stopped_at, state.error) == (bad, "ValueError: this one is bad")
    (sentence,) = behind()
    assert f"{NAME} stopped before position {bad}" in sentence
    assert catch_up(late) == 0
    assert ask(pay("ann", "world", 1)).succeeded


def test_a_projection_that_was_stopped_is_put_right_by_a_rebuild(late):
    rich("ann", 100)
    poison(late, "")
    catch_up(late)
    late.on(TransferPosted)(post)
    rebuild(late)
    assert written() == posted()
    assert behind() == []
    assert checkpoint(consumer(NAME)) == latest_position()


def test_two_workers_at_once_do_no_harm(late):
    rich("ann", 1_000)
    for _ in range(20):
        ask(pay("ann", "world", 1))
    together = threading.Barrier(2)

    def work():
        together.wait()
        while checkpoint(consumer(NAME)) != latest_position():
            catch_up(late)

    for each in [InThread(work), InThread(work)]:
        each.result()
    assert written() == posted()


def test_the_worker_follows_until_it_is_told_to_stop(late):
    rich("ann", 100)
    stop = threading.Event()
    working = InThread(lambda: worker.run(stop))
    until(lambda: written() == posted(), "the first rows")
    ask(pay("ann", "world", 1))
    until(lambda: written() == posted(), "the row that came later")
    stop.set()
    working.result()


def test_another_consumer_may_not_be_ahead_of_itself(late):
    rich("ann", 100)
    advance(consumer(NAME), latest_position())
    assert catch_up(late) == 0
    assert written() == []
