"""Several callers at once, each on a connection of its own."""

import random
import threading

import pytest

from commands.engine.deciding import insist
from commands.engine.dispatch import dispatch
from commands.engine.models import Request
from eventstore.store import latest_position, read_all
from projections.engine.differences import differences
from projections.engine.projector import projections
from projections.ledger.models import Balance
from tests.examples.asking import asking, rich
from tests.examples.connections import KEY_LOCK, InThread, another_connection, blocked, until
from tests.examples.ledger import open_account, pay

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_key_that_is_being_decided_elsewhere_is_in_progress_and_not_stored(settings):
    settings.DAYBOOK_COMMAND_DEADLINE = 0.3
    rich("ann", 0)
    submission = asking(pay("world", "ann", 5), key="k")
    with another_connection() as other:
        other.execute(KEY_LOCK, [submission.principal.user, "k"])
        outcome = dispatch(submission)
        assert (outcome.http_status, outcome.answer["code"]) == (409, "in-progress")
        assert not Request.objects.filter(id=outcome.request).exists()
    until(lambda: dispatch(submission).succeeded, "the freed key")


def test_a_command_waits_for_an_account_that_another_transaction_holds():
    rich("ann", 5)
    rich("bob", 0)
    with another_connection() as other:
        other.execute("SELECT FROM eventstore_stream WHERE name = 'account-ann' FOR UPDATE")
        waiting = InThread(lambda: dispatch(asking(pay("ann", "bob", 5))))
        until(blocked("transactionid"), "the command's wait")
        assert Balance.objects.get(account="ann").posted == 5
        other.rollback()
    assert waiting.result().succeeded


def test_one_of_two_who_spend_the_same_money_is_refused():
    rich("ann", 5)
    rich("bob", 0)
    together = threading.Barrier(2)

    def spend():
        together.wait()
        return dispatch(asking(pay("ann", "bob", 5)))

    outcomes = [each.result() for each in [InThread(spend), InThread(spend)]]
    assert sorted(each.status for each in outcomes) == ["refused", "succeeded"]
    assert Balance.objects.get(account="ann").posted == 0


def test_one_of_two_who_open_the_same_account_is_refused():
    together = threading.Barrier(2)

    def opening():
        together.wait()
        return dispatch(asking(open_account("ann")))

    outcomes = [each.result() for each in [InThread(opening), InThread(opening)]]
    assert sorted(each.http_status for each in outcomes) == [201, 422]


def test_many_callers_on_few_accounts_neither_deadlock_nor_lose_anything():
    codes = ["a", "b", "c", "d"]
    for code in codes:
        rich(code, 1_000)
    before = latest_position()

    def caller(seed):
        draw = random.Random(seed)
        done = 0
        for _ in range(12):
            pairs = [draw.sample(codes, 2) for _ in range(draw.randint(1, 8))]
            outcomes = insist([asking(pay(*pair, draw.randint(1, 900))) for pair in pairs])
            done += sum(outcome.events for outcome in outcomes)
        return done

    callers = [InThread(lambda seed=seed: caller(seed)) for seed in range(6)]
    appended = sum(each.result() for each in callers)
    assert latest_position() - before == appended
    positions = [event.position for event in read_all(after=before, limit=None)]
    assert positions == list(range(before + 1, before + appended + 1))
    assert sum(balance.posted for balance in Balance.objects.exclude(account="world")) == 4_000
    for projection in projections():
        assert list(differences(projection)) == []
