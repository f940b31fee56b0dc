"""Posting a transfer whose reference may be used once."""

from uuid import UUID

import pytest

from commands.ledger.refusals import InsufficientFunds, ReferenceExists
from eventstore.events.ledger import ReferenceUsed, reference_stream
from tests.examples.ledger import credited, opened, pay, world
from tests.examples.people import ANN, SAM
from tests.specs import given

ID, OTHER = UUID(int=7), UUID(int=8)
STREAM = reference_stream("r-1")
USED = (STREAM, ReferenceUsed(reference="r-1", transfer=OTHER))


def once(amount: int = 1, reference: str = "r-1", **about):
    return pay("ann", "bob", amount, reference=reference, transfer=ID, once=True, **about)


def books(*more):
    return given(world(), opened("ann", ANN), opened("bob"), credited("ann", 5), *more)


def test_it_uses_the_reference_up():
    found = books().when(once()).changes
    assert found[STREAM] == ReferenceUsed(reference="r-1", transfer=ID)
    assert len(found) == 4


def test_it_refuses_a_reference_that_was_used():
    books(USED).when(once()).then_refused(ReferenceExists, reference="r-1", transfer=str(OTHER))


@pytest.mark.parametrize("person", [ANN, SAM])
def test_only_who_may_view_the_ledger_is_told_which_transfer_has_it(person):
    refusal = books(USED).by(person).when(once()).refusal
    assert ("transfer" in refusal.facts) == (person is SAM)


def test_other_references_and_none_at_all_are_free():
    assert books(USED).when(once(reference="R-1")).refusal is None
    found = books(USED).when(once(reference="")).changes
    assert len(found) == 3


def test_a_transfer_that_is_refused_uses_nothing_up():
    books().when(once(6)).then_refused(InsufficientFunds)


def test_without_the_setting_a_reference_costs_and_means_nothing():
    command = pay("ann", "bob", 1, reference="r-1", transfer=ID)
    assert command.touches().creates == ()
    assert STREAM not in books(USED).when(command).changes


def test_any_text_is_a_stream_of_one_length():
    assert {len(reference_stream(text)) for text in ("x", "ü" * 200, "a-b c")} == {74}
