"""The rules of changing what describes an account."""

from uuid import UUID

from commands.engine.errors import Forbidden
from commands.ledger.messages import ChangeAccountDetails
from commands.ledger.refusals import AccountNotFound, UserNotFound
from eventstore.events.ledger import AccountDetailsChanged, account_stream
from tests.examples.ledger import opened
from tests.examples.people import ANN, BOB, EVE, VIC
from tests.specs import given

ANNS = opened("ann", owner=ANN, metadata={"tier": "gold"})
ON_ANN = account_stream("ann")


def change(**details):
    return ChangeAccountDetails(account="ann", **details)


def test_it_tells_only_what_changed():
    given(ANNS).when(change(name="Ann & Co", metadata={"tier": "gold"})).then(
        (ON_ANN, AccountDetailsChanged(name="Ann & Co"))
    )


def test_it_replaces_the_whole_metadata():
    given(ANNS).when(change(metadata={"since": "2026"})).then(
        (ON_ANN, AccountDetailsChanged(metadata={"since": "2026"}))
    )


def test_it_changes_nothing_when_all_is_as_it_was():
    given(ANNS).when(change(name="Ann", owner=ANN.id)).then()


def test_it_builds_on_what_changed_before():
    renamed = (ON_ANN, AccountDetailsChanged(name="Ann & Co", owner=None))
    given(ANNS, renamed).when(change(name="Ann & Co", owner=BOB.id)).then(
        (ON_ANN, AccountDetailsChanged(owner=BOB.id))
    )


def test_its_owner_may_and_so_may_staff():
    for person in (ANN, None):
        spec = given(ANNS)
        spec = spec.by(person) if person else spec
        spec.when(change(name="A")).then((ON_ANN, AccountDetailsChanged(name="A")))


def test_it_refuses_one_who_may_only_look():
    given(ANNS).by(VIC).when(change(name="A")).then_refused(Forbidden)


def test_only_staff_give_it_to_another_owner_or_to_none():
    given(ANNS).by(ANN).when(change(owner=BOB.id)).then_refused(Forbidden)
    given(ANNS).by(ANN).when(change(owner=None)).then_refused(Forbidden)
    given(ANNS).by(ANN).when(change(owner=ANN.id, name="A")).then(
        (ON_ANN, AccountDetailsChanged(name="A"))
    )
    given(ANNS).when(change(owner=None)).then((ON_ANN, AccountDetailsChanged(owner=None)))


def test_it_refuses_an_owner_who_is_nobody():
    given(ANNS).when(change(owner=UUID(int=99))).then_refused(UserNotFound, user=str(UUID(int=99)))


def test_what_one_may_not_see_is_not_there():
    given(ANNS).by(EVE).when(change(name="A")).then_refused(AccountNotFound, account="ann")
    given().when(change(name="A")).then_refused(AccountNotFound, account="ann")
