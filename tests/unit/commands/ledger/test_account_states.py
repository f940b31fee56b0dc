"""Limits, freezes and closings of accounts."""

import pytest

from commands.engine.errors import Forbidden
from commands.ledger.messages import (
    ChangeAccountDetails,
    ChangeOverdraftLimit,
    CloseAccount,
    FreezeAccount,
    ReopenAccount,
    UnfreezeAccount,
)
from commands.ledger.refusals import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    AlreadyFrozen,
    InsufficientFunds,
    NotClosed,
    NotEmpty,
    NotFrozen,
    PayeeUnavailable,
)
from eventstore.events import ledger
from eventstore.events.ledger import OverdraftLimitChanged
from tests.examples.ledger import closed, credited, debited, frozen, held, opened, pay, world
from tests.examples.people import ANN, BOB, EVE, VIC
from tests.specs import given, uuid

LIMIT = ChangeOverdraftLimit(account="ann", overdraft_limit=500, reason="Agreed")
FREEZE = FreezeAccount(account="ann", scope="debits", reason="Stolen")
UNFREEZE = UnfreezeAccount(account="ann", reason="Found")
CLOSE = CloseAccount(account="ann", reason="Left")
REOPEN = ReopenAccount(account="ann", reason="Back")
COMMANDS = [LIMIT, FREEZE, UNFREEZE, CLOSE, REOPEN]


@pytest.mark.parametrize(
    ("happened", "command", "event"),
    [
        ((), LIMIT, OverdraftLimitChanged(overdraft_limit=500, reason="Agreed")),
        ((), FREEZE, ledger.AccountFrozen(scope="debits", reason="Stolen")),
        ((frozen("ann"),), FREEZE, ledger.AccountFrozen(scope="debits", reason="Stolen")),
        ((frozen("ann"),), UNFREEZE, ledger.AccountUnfrozen(reason="Found")),
        ((), CLOSE, ledger.AccountClosed(reason="Left")),
        ((closed("ann"),), REOPEN, ledger.AccountReopened(reason="Back")),
    ],
)
def test_it_is_one_event_of_the_account(happened, command, event):
    given(opened("ann", ANN), *happened).when(command).then(("account-ann", event))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("person", "refusal"), [(ANN, Forbidden), (VIC, Forbidden), (EVE, AccountNotFound)]
)
def test_it_is_for_those_who_operate(command, person, refusal):
    given(opened("ann", ANN)).by(person).when(command).then_refused(refusal)


@pytest.mark.parametrize("command", [LIMIT, FREEZE, UNFREEZE, CLOSE])
def test_a_closed_account_refuses_it(command):
    given(opened("ann"), closed("ann")).when(command).then_refused(AccountClosed, account="ann")


def test_a_closed_account_keeps_its_details():
    command = ChangeAccountDetails(account="ann", name="Anna")
    given(opened("ann"), closed("ann")).when(command).then_refused(AccountClosed)


# --- limits ----------------------------------------------------------------------------------


def test_the_same_limit_changes_nothing():
    given(opened("ann", overdraft_limit=500)).when(LIMIT).then()


def test_a_limit_below_what_is_used_keeps_more_from_flowing_out():
    lowered = ("account-ann", OverdraftLimitChanged(overdraft_limit=100, reason="Less"))
    used = given(opened("ann", overdraft_limit=500), opened("bob"), debited("ann", 300), lowered)
    assert used.fold["account-ann"].available == -200
    used.when(pay("ann", "bob", 1)).then_refused(InsufficientFunds, available=-200)
    assert used.when(pay("bob", "ann", 1)).refusal.facts["account"] == "bob"


# --- frozen ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "paying", "paid"),
    [("debits", True, False), ("credits", False, True), ("all", True, True)],
)
def test_a_frozen_account_refuses_what_is_frozen(scope, paying, paid):
    ledger = given(opened("ann"), world(), credited("ann", 500), frozen("ann", scope))
    for command, refused in ((pay("ann", "world", 1), paying), (pay("world", "ann", 1), paid)):
        answer = ledger.when(command)
        if refused:
            answer.then_refused(AccountFrozen, account="ann", scope=scope)
        else:
            assert answer.refusal is None


def test_the_same_freeze_is_refused_and_another_scope_replaces_it():
    given(opened("ann"), frozen("ann", "debits")).when(FREEZE).then_refused(
        AlreadyFrozen, scope="debits"
    )
    assert given(opened("ann"), frozen("ann", "credits")).when(FREEZE).refusal is None


def test_what_is_not_frozen_is_not_unfrozen():
    given(opened("ann")).when(UNFREEZE).then_refused(NotFrozen)


# --- closed ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("happened", "facts"),
    [
        ((credited("ann", 5),), {"posted": 5, "held": 0}),
        (
            (credited("ann", 5), held("ann", 5, uuid(1)), debited("ann", 5)),
            {"posted": 0, "held": 5},
        ),
    ],
)
def test_an_account_is_closed_when_nothing_is_left_in_it(happened, facts):
    given(opened("ann"), *happened).when(CLOSE).then_refused(NotEmpty, account="ann", **facts)


@pytest.mark.parametrize("command", [pay("world", "ann", 1), pay("ann", "world", 1)])
def test_nothing_moves_through_a_closed_account(command):
    given(opened("ann"), world(), closed("ann")).when(command).then_refused(AccountClosed)


@pytest.mark.parametrize("state", [closed("bob"), frozen("bob", "credits")])
def test_a_stranger_is_not_told_why_a_payee_cannot_be_paid(state):
    paying = given(opened("ann", ANN), opened("bob", BOB), credited("ann", 500), state)
    answer = paying.by(ANN).when(pay("ann", "bob", 1))
    answer.then_refused(PayeeUnavailable)
    assert answer.refusal.facts == {}


def test_a_stranger_pays_an_account_that_is_frozen_for_debits():
    paying = given(
        opened("ann", ANN), opened("bob", BOB), credited("ann", 500), frozen("bob", "debits")
    )
    assert paying.by(ANN).when(pay("ann", "bob", 1)).refusal is None


def test_what_is_not_closed_is_not_reopened():
    given(opened("ann")).when(REOPEN).then_refused(NotClosed)


def test_a_reopened_account_is_frozen_as_it_was():
    happened = opened("ann"), frozen("ann"), closed("ann")
    reopened = ("account-ann", ledger.AccountReopened(reason="Back"))
    assert given(*happened).fold["account-ann"].status == "closed"
    assert given(*happened, reopened).fold["account-ann"].status == "frozen"
