"""A process that is killed with commands under way: each of them is done whole, or not at all."""

import pytest

from commands.access.models import User
from commands.engine.deciding import decide
from commands.engine.models import Request
from commands.engine.requests import lane
from eventstore.store import read_all
from projections.engine.differences import differences
from projections.engine.projector import projections
from projections.ledger.models import Balance
from tests.examples.asking import rich
from tests.examples.crashing import KEYS, payment
from tests.examples.dying import killed
from tests.examples.people import ANN, SAM
from tests.examples.queueing import pay_later, statuses, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("failpoint", "done"), [("before commit", 5), ("after commit", 10), ("before the answer", 10)]
)
def test_asked_again_with_its_key_each_is_done_once(failpoint, done):
    rich("ann", 500)
    rich("bob", 0)
    killed("tests.examples.crashing", failpoint)
    is_whole(done)
    outcomes = decide([payment(key) for key in KEYS])
    assert [each.succeeded for each in outcomes] == [True] * 10
    assert sum(each.replayed for each in outcomes) == done
    is_whole(10)


@pytest.mark.parametrize(
    ("failpoint", "done"), [("before commit", 0), ("after commit", 10), ("between lanes", 5)]
)
def test_a_killed_worker_loses_and_doubles_nothing_of_the_queue(failpoint, done):
    rich("ann", 500)
    rich("bob", 0)
    assert lane(SAM.id) != lane(ANN.id)
    sent = [pay_later(by=person) for _ in range(5) for person in (SAM, ANN)]
    User.objects.filter(id=ANN.id).update(is_superuser=True)
    killed("tests.examples.crashing_worker", failpoint)
    assert statuses().get("succeeded", 0) == done
    is_sound(done)
    work()
    assert statuses() == {"succeeded": len(sent)}
    is_sound(10)


def is_whole(done):
    """So many payments left all that they leave behind, and the others nothing."""
    assert Request.objects.filter(key__in=KEYS).count() == done
    is_sound(done)


def is_sound(done):
    assert Balance.objects.get(account="bob").posted == done
    paid = [event for event in read_all() if event.type == "ledger.transfer_posted"]
    assert len(paid) == done + 1
    assert [found for each in projections() for found in differences(each)] == []
