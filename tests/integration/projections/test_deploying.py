"""Two codes append at once, as during a deploy: each writes only the read tables that it made."""

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection, transaction

from commands.engine.deciding import decide
from commands.ledger.messages import PlaceHold
from eventstore.store import latest_position
from projections.engine import follow, projector, standing
from projections.engine.differences import differences
from projections.engine.follow import catch_up
from projections.engine.models import ProjectionState
from projections.engine.projector import projections
from projections.engine.reading import behind
from projections.engine.rebuild import rebuild
from projections.ledger.models import Balance, Entry, Hold
from tests.examples.asking import ask, asking, rich
from tests.examples.connections import InThread, blocked, until
from tests.examples.ledger import open_account, pay

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "what the new code would write"


def projection(name):
    return {each.name: each for each in projections()}[name]


@pytest.fixture(autouse=True)
def ledger():
    rich("ann", 100)
    rich("bob", 0)
    yield
    standing._met.clear()


@pytest.fixture
def as_new(monkeypatch):
    """Do something as the new code does, which makes the balances otherwise."""

    def do(function, *arguments):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(projection("balances"), "fingerprint", NEW)
            return function(*arguments)

    return do


def do(command):
    """As any process does, which tries again when it is told to."""
    (done,) = decide([asking(command)])
    assert done.succeeded


def pay_one():
    do(pay("ann", "bob", 1))


def paid():
    """What Bob has according to the balances, and according to the entries."""
    entries = Entry.objects.filter(account="bob")
    return Balance.objects.get(account="bob").credits, sum(each.amount for each in entries)


def sound():
    return [found for each in projections() for found in differences(each)] == []


def test_what_new_code_has_built_old_code_leaves_alone_from_one_position_on(as_new):
    as_new(rebuild, projection("balances"))
    as_new(pay_one)
    assert paid() == (1, 1)
    then = latest_position()
    pay_one()
    as_new(pay_one)
    assert paid() == (1, 3)
    assert ProjectionState.objects.get(name="balances").behind_since == then
    said = f"balances has the events up to {then}; the worker brings the others"
    assert as_new(behind) == [said]
    assert as_new(sound)


def test_new_code_catches_up_and_goes_on_and_old_code_does_not(as_new):
    as_new(rebuild, projection("balances"))
    for _ in range(3):
        pay_one()
        as_new(pay_one)
        assert catch_up(projection("balances")) == 0
        while as_new(catch_up, projection("balances")):
            pass
        assert as_new(behind) == []
        assert paid()[0] == paid()[1]
        as_new(pay_one)
        assert paid()[0] == paid()[1]
    assert as_new(sound)


def test_it_catches_up_in_short_steps_and_closes_the_gate_for_the_last(as_new, monkeypatch):
    monkeypatch.setattr(follow, "CHUNK", 2)
    as_new(rebuild, projection("balances"))
    for _ in range(5):
        pay_one()
    steps = 0
    while as_new(catch_up, projection("balances")):
        steps += 1
    assert steps > 5
    assert paid() == (5, 5)
    assert as_new(sound)


def test_new_code_leaves_alone_what_old_code_has_built_until_it_is_rebuilt(as_new):
    rebuild(projection("balances"))
    as_new(pay_one)
    pay_one()
    assert paid() == (0, 2)
    assert as_new(behind) == [
        "balances was built with other columns than the code has: run rebuild_projections balances"
    ]
    as_new(rebuild, projection("balances"))
    assert paid() == (2, 2)
    as_new(pay_one)
    assert paid() == (3, 3)
    assert as_new(behind) == []
    assert as_new(sound)


def test_code_that_does_not_know_a_read_table_leaves_it_behind_too(monkeypatch):
    with pytest.MonkeyPatch.context() as patch:
        known = dict(projector._projections)
        known.pop("holds")
        patch.setattr(projector, "_projections", known)
        pay_one()
        do(PlaceHold(account="ann", amount=3))
    assert Hold.objects.count() == 0
    do(PlaceHold(account="ann", amount=3))
    assert Hold.objects.count() == 0
    while catch_up(projection("holds")):
        pass
    assert Hold.objects.count() == 2
    assert sound()


def test_the_one_that_marks_it_waits_for_those_who_still_write_it(as_new):
    as_new(rebuild, projection("balances"))
    with transaction.atomic():
        as_new(ask, pay("ann", "bob", 1))
        other = InThread(lambda: do(open_account("dan")))
        until(blocked("advisory"), "the old code in front of the gate")
    other.result()
    assert paid() == (1, 1)
    assert not Balance.objects.filter(account="dan").exists()
    while as_new(catch_up, projection("balances")):
        pass
    assert Balance.objects.filter(account="dan").exists()
    assert as_new(sound)


def test_a_read_table_that_was_never_built_is_said_to_be_so_and_not_written():
    do(PlaceHold(account="ann", amount=3))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_hold")
    ProjectionState.objects.filter(name="holds").delete()
    call_command("migrate", verbosity=0)
    assert behind() == ["holds was never built: run rebuild_projections holds"]
    assert [found.msg for found in run_checks(databases=["default"])] == behind()
    do(PlaceHold(account="ann", amount=4))
    assert Hold.objects.count() == 0
    call_command("rebuild_projections", "--changed")
    assert Hold.objects.count() == 2
    assert behind() == []


def test_what_cannot_be_applied_stops_it_and_is_told_of(as_new, monkeypatch):
    as_new(rebuild, projection("balances"))
    pay_one()

    def fail(row, event, recorded):
        raise ValueError("this one is bad")

    monkeypatch.setattr(projection("balances"), "change", fail)
    assert as_new(catch_up, projection("balances")) == 0
    state = ProjectionState.objects.get(name="balances")
    assert state.error == "ValueError: this one is bad"
    assert as_new(behind)[0].startswith(f"balances stopped before position {state.stopped_at}")
