"""Alerts and sweeps: set by those whose account it is, and swept as the account is by then."""

from datetime import date
from uuid import UUID

import pytest

from commands.engine.decider import handler_of
from commands.engine.errors import Forbidden
from commands.ledger.instruction_messages import SetAlert, SetSweep, SweepAccount
from commands.ledger.refusals import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    CurrencyMismatch,
    PayeeUnavailable,
    SameAccount,
    SweepNotPossible,
)
from eventstore.events.ledger import (
    AccountCredited,
    AccountDebited,
    AccountDetailsChanged,
    AlertSet,
    OverdraftLimitChanged,
    SweepSet,
    TransferPosted,
)
from tests.examples.ledger import closed, credit, credited, debit, frozen, held, opened, swept
from tests.examples.people import ANN, BOB, EVE, PRODUCT, SAM, VIC
from tests.specs import given, uuid

T, TODAY = uuid(7), date(2026, 11, 23)
ACCOUNT = "account-ann"


def accounts():
    """Ann has 5.00 euros and a purse, Bob nothing."""
    return opened("ann", ANN), opened("purse", ANN), opened("bob", BOB), credited("ann", 500)


def alert(low, account="ann"):
    return SetAlert(account=account, low=low)


def sweep(above=100, to="purse", account="ann"):
    return SetSweep(account=account, above=above, to=to)


# --- alerts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("person", [ANN, SAM])
def test_it_sets_an_alert_for_the_owner_and_for_who_operates(person):
    given(*accounts()).by(person).when(alert(300)).then((ACCOUNT, AlertSet(low=300)))


def test_of_an_account_that_is_nobodys_who_sets_the_alert_is_told():
    nobodys = opened("till")
    given(*accounts(), nobodys).by(SAM).when(alert(300, "till")).then(
        ("account-till", AlertSet(low=300, told=SAM.id))
    )


def test_it_switches_an_alert_off():
    before = (*accounts(), (ACCOUNT, AlertSet(low=300)))
    given(*before).by(ANN).when(alert(None)).then((ACCOUNT, AlertSet(low=None)))


@pytest.mark.parametrize("low", [300, None])
def test_it_changes_nothing_when_the_alert_is_so_already(low):
    before = (*accounts(), (ACCOUNT, AlertSet(low=300)), (ACCOUNT, AlertSet(low=low)))
    given(*before).by(ANN).when(alert(low)).then()


def test_it_lets_nobody_else_set_an_alert():
    given(*accounts()).by(VIC).when(alert(1)).then_refused(Forbidden)
    given(*accounts()).by(EVE).when(alert(1)).then_refused(AccountNotFound, account="ann")
    given(*accounts()).when(alert(1, "no")).then_refused(AccountNotFound, account="no")


def test_a_closed_account_takes_no_setting():
    before = (opened("ann", ANN), opened("bob"), closed("ann"))
    given(*before).by(ANN).when(alert(1)).then_refused(AccountClosed, account="ann")
    given(*before).by(ANN).when(sweep(to="bob")).then_refused(AccountClosed, account="ann")


# --- sweeps are set --------------------------------------------------------------------------


@pytest.mark.parametrize("person", [ANN, SAM])
def test_it_sets_a_sweep_for_the_owner_and_for_who_operates(person):
    given(*accounts()).by(person).when(sweep()).then((ACCOUNT, SweepSet(above=100, to="purse")))


def test_an_owner_may_sweep_into_an_account_that_they_do_not_see():
    given(*accounts()).by(ANN).when(sweep(to="bob")).then((ACCOUNT, SweepSet(above=100, to="bob")))


def test_it_switches_a_sweep_off_once():
    off = SetSweep(account="ann", above=None)
    before = (*accounts(), swept("ann", 100, "purse"))
    given(*before).by(ANN).when(off).then((ACCOUNT, SweepSet(above=None)))
    given(*accounts()).by(ANN).when(off).then()


def test_a_frozen_account_can_have_its_sweep_switched_off():
    before = (*accounts(), swept("ann", 100, "purse"), frozen("ann"))
    off = SetSweep(account="ann", above=None)
    given(*before).by(ANN).when(off).then((ACCOUNT, SweepSet(above=None)))


def test_it_changes_nothing_when_the_sweep_is_so_already():
    given(*accounts(), swept("ann", 100, "purse")).by(ANN).when(sweep()).then()


def test_another_owner_sets_it_anew():
    other = (ACCOUNT, AccountDetailsChanged(owner=BOB.id))
    before = (*accounts(), swept("ann", 100, "purse"), other)
    given(*before).when(sweep()).then((ACCOUNT, SweepSet(above=100, to="purse")))


def test_it_lets_nobody_else_set_a_sweep():
    given(*accounts()).by(VIC).when(sweep()).then_refused(Forbidden)
    given(*accounts()).by(EVE).when(sweep()).then_refused(AccountNotFound, account="ann")


def test_no_account_is_swept_into_itself():
    given(*accounts()).by(ANN).when(sweep(to="ann")).then_refused(SameAccount)


CASH = opened("cash", ANN, normal_balance="debit")


def test_only_accounts_with_credit_balances_are_swept():
    asked = sweep(account="cash")
    given(*accounts(), CASH).when(asked).then_refused(SweepNotPossible, account="cash")
    asked = sweep(to="cash")
    given(*accounts(), CASH).when(asked).then_refused(SweepNotPossible, account="cash")
    given(*accounts(), CASH).by(ANN).when(asked).then_refused(SweepNotPossible, account="cash")


def test_nothing_is_swept_in_a_circle():
    before = (*accounts(), swept("purse", 0, "ann"))
    refused = given(*before).by(ANN).when(sweep())
    refused.then_refused(SweepNotPossible, account="purse")
    assert refused.refusal.pointer == "/to"


def test_who_does_not_see_the_target_does_not_learn_that_it_is_swept():
    before = (*accounts(), swept("bob", 0, "purse"))
    refused = given(*before).by(ANN).when(sweep(to="bob"))
    refused.then_refused(PayeeUnavailable)
    assert (refused.refusal.facts, refused.refusal.pointer) == ({}, "/to")


@pytest.mark.parametrize(
    "target",
    [(), (opened("x"), closed("x")), (opened("x"), frozen("x")), (opened("x", currency="USD"),),
     (opened("x", normal_balance="debit"),)],
    ids=["missing", "closed", "frozen", "other currency", "debit balance"],
)  # fmt: skip
def test_who_does_not_see_the_target_is_told_one_thing_whatever_is_wrong(target):
    refused = given(*accounts(), *target).by(ANN).when(sweep(to="x"))
    refused.then_refused(PayeeUnavailable)
    assert (refused.refusal.facts, refused.refusal.pointer) == ({}, "/to")


def test_staff_are_told_what_is_wrong_with_the_target():
    given(*accounts()).when(sweep(to="x")).then_refused(AccountNotFound, account="x")
    other = opened("x", currency="USD")
    given(*accounts(), other).when(sweep(to="x")).then_refused(CurrencyMismatch)
    given(*accounts(), closed("bob")).when(sweep(to="bob")).then_refused(AccountClosed)
    given(*accounts(), frozen("bob")).when(sweep(to="bob")).then_refused(AccountFrozen)


# --- sweeping --------------------------------------------------------------------------------


def sweeping(*events, to="purse", by=PRODUCT):
    """What comes of a sweep of Ann's account after these events, and what its answer says."""
    spec = given(*accounts(), *events).by(by)
    command = SweepAccount(account="ann", to=to, transfer=T)
    came = spec.when(command)
    for stream, event in came.changes.items():
        spec.fold.apply(stream, event)
    if came.refusal:
        return came, {}
    return came, handler_of(command).answer(command, spec.fold, spec.context)["swept"]


def moved(amount, to="purse", above="1.00"):
    return (
        (
            f"transfer-{T}",
            TransferPosted(
                legs=(debit("ann", amount), credit(to, amount)),
                effective_on=TODAY,
                description=f"Sweep of what is above {above} EUR",
            ),
        ),
        (ACCOUNT, AccountDebited(transfer=T, amount=amount, effective_on=TODAY)),
        (f"account-{to}", AccountCredited(transfer=T, amount=amount, effective_on=TODAY)),
    )


def test_it_moves_what_is_beyond():
    came, said = sweeping(swept("ann", 100, "purse"))
    came.then(*moved(400))
    assert (said["amount"], said["transfer"], said["why"]) == ("400", str(T), None)


def test_it_moves_nothing_that_is_held():
    came, _ = sweeping(swept("ann", 100, "purse"), held("ann", 150, uuid(1)))
    came.then(*moved(250))


@pytest.mark.parametrize("limit", [1_000, None])
def test_it_moves_nothing_that_is_not_there_whatever_may_be_overdrawn(limit):
    overdraft = (ACCOUNT, OverdraftLimitChanged(overdraft_limit=limit, reason="Agreed"))
    came, _ = sweeping(swept("ann", 0, "purse"), overdraft)
    came.then(*moved(500, above="0.00"))


def test_it_moves_no_more_than_one_transfer_can():
    came, said = sweeping(swept("ann", 0, "purse"), credited("ann", 10**38 - 1))
    assert said["amount"] == str(10**38 - 1)
    assert came.refusal is None


OWNED_BY_BOB = (ACCOUNT, AccountDetailsChanged(owner=BOB.id))


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ([], "switched-off"),
        ([swept("ann", 100, "purse"), swept("ann", None, None)], "switched-off"),
        ([swept("ann", 100, "bob")], "target-changed"),
        ([swept("ann", 500, "purse")], "nothing-to-move"),
        ([swept("ann", 100, "purse"), OWNED_BY_BOB], "switched-off"),
        ([swept("ann", 100, "purse"), closed("purse")], "account-closed"),
        ([swept("ann", 100, "purse"), frozen("purse")], "account-frozen"),
        ([swept("ann", 100, "purse"), frozen("ann", "debits")], "account-frozen"),
    ],
)
def test_it_moves_nothing_and_says_why(events, why):
    came, said = sweeping(*events)
    came.then()
    assert (said["amount"], said["transfer"], said["why"]) == ("0", None, why)


def test_only_the_product_itself_sweeps():
    sweeping(swept("ann", 100, "purse"), by=SAM)[0].then_refused(Forbidden)
    nobody = SweepAccount(account="no", to="ann", transfer=UUID(int=1))
    given(*accounts()).by(PRODUCT).when(nobody).then_refused(AccountNotFound, account="no")
