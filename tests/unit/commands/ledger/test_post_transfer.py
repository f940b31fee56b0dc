"""Posting a transfer."""

from datetime import date
from uuid import UUID

import pytest

from commands.engine.errors import Forbidden
from commands.ledger.refusals import (
    AccountNotFound,
    CurrencyMismatch,
    DateInFuture,
    InsufficientFunds,
    NotBalanced,
    PayeeUnavailable,
    SameAccount,
)
from eventstore.events.ledger import AccountCredited, AccountDebited, TransferPosted
from tests.examples.ledger import (
    credit,
    credited,
    debit,
    debited,
    opened,
    pay,
    transfer,
    world,
)
from tests.examples.people import ANN, BOB, EVE, SAM, VIC
from tests.specs import given

ID = UUID(int=7)
TODAY = date(2026, 11, 23)


def test_it_debits_one_account_and_credits_the_other():
    command = pay("ann", "bob", 300, transfer=ID, description="Rent", reference="r-1")
    given(opened("ann"), opened("bob"), credited("ann", 500)).when(command).then(
        (
            f"transfer-{ID}",
            TransferPosted(
                legs=(debit("ann", 300), credit("bob", 300)),
                effective_on=TODAY,
                description="Rent",
                reference="r-1",
            ),
        ),
        ("account-ann", AccountDebited(transfer=ID, amount=300, effective_on=TODAY)),
        ("account-bob", AccountCredited(transfer=ID, amount=300, effective_on=TODAY)),
    )


def test_it_changes_an_account_in_several_legs_once_by_the_net():
    command = transfer(debit("ann", 300), credit("bob", 250), credit("ann", 50), transfer=ID)
    answer = given(opened("ann"), opened("bob"), credited("ann", 250)).when(command)
    assert answer.refusal is None
    assert answer.changes["account-ann"] == AccountDebited(
        transfer=ID, amount=250, effective_on=TODAY
    )
    assert answer.changes["account-bob"].amount == 250


def test_it_leaves_an_account_whose_net_is_zero_unchanged():
    command = transfer(
        debit("ann", 5), credit("ann", 5), debit("world", 3), credit("bob", 3), transfer=ID
    )
    answer = given(opened("ann"), world(), opened("bob")).when(command)
    assert list(answer.changes) == [f"transfer-{ID}", "account-world", "account-bob"]


def test_it_balances_in_each_currency():
    spec = given(
        world("eur"), world("usd", currency="USD"), opened("ann"), opened("bob", currency="USD")
    )
    legs = debit("eur", 10), credit("ann", 10), debit("usd", 12), credit("bob", 12)
    assert spec.when(transfer(*legs)).refusal is None
    wrong = debit("eur", 10), credit("ann", 12), debit("usd", 12), credit("bob", 10)
    spec.when(transfer(*wrong)).then_refused(NotBalanced, currency="EUR", difference=2)


def test_it_refuses_two_accounts_of_different_currencies():
    spec = given(world("eur"), opened("bob", currency="USD"))
    spec.when(pay("eur", "bob", 10)).then_refused(
        CurrencyMismatch, accounts={"eur": "EUR", "bob": "USD"}
    )


def test_it_refuses_a_currency_the_accounts_do_not_have():
    spec = given(world(), opened("bob"))
    spec.when(pay("world", "bob", 10, currency="USD")).then_refused(CurrencyMismatch)


def test_it_refuses_a_transfer_from_an_account_to_itself():
    given(opened("ann")).when(pay("ann", "ann", 5)).then_refused(SameAccount, account="ann")


def test_it_refuses_more_than_is_available():
    spec = given(opened("ann", overdraft_limit=100), opened("bob"), credited("ann", 500))
    assert spec.when(pay("ann", "bob", 600)).refusal is None
    spec.when(pay("ann", "bob", 601)).then_refused(
        InsufficientFunds, account="ann", currency="EUR", available=600, requested=601
    )


def test_it_guards_the_outflow_of_a_debit_normal_account():
    cash = opened("cash", normal_balance="debit")
    spec = given(cash, opened("ann"), debited("cash", 50), credited("ann", 50))
    assert spec.when(pay("ann", "cash", 50)).refusal is None
    spec.when(transfer(credit("cash", 51), debit("ann", 51))).then_refused(
        InsufficientFunds, account="cash", available=50
    )


def test_it_keeps_amounts_of_38_digits_exact():
    most = 10**38 - 1
    spec = given(opened("ann"), opened("bob"), *[credited("ann", most)] * 3)
    legs = debit("ann", most), debit("ann", most), debit("ann", most)
    command = transfer(*legs, *[credit("bob", most)] * 3)
    assert spec.when(command).changes["account-bob"].amount == 3 * most


@pytest.mark.parametrize("day", ["2026-11-23", "1993-01-01"])
def test_it_takes_today_and_days_past(day):
    command = pay("world", "ann", 1, effective_on=date.fromisoformat(day))
    answer = given(world(), opened("ann")).when(command)
    assert answer.changes["account-ann"].effective_on == date.fromisoformat(day)


def test_it_refuses_a_day_to_come():
    command = pay("world", "ann", 1, effective_on=date(2026, 11, 24))
    given(world(), opened("ann")).when(command).then_refused(
        DateInFuture, effective_on="2026-11-24", today="2026-11-23"
    )


def test_owners_pay_from_their_own_accounts_to_anybodys():
    spec = given(opened("ann", ANN), opened("bob", BOB), credited("ann", 5)).by(ANN)
    assert spec.when(pay("ann", "bob", 5)).refusal is None


def test_owners_may_not_debit_others_and_learn_nothing_of_them():
    spec = given(opened("ann", ANN), opened("bob", BOB), credited("ann", 5)).by(EVE)
    spec.when(pay("ann", "bob", 5)).then_refused(AccountNotFound, account="ann")
    spec.when(pay("none", "bob", 5)).then_refused(AccountNotFound, account="none")
    assert spec.when(pay("ann", "bob", 5)).refusal.pointer == "/from"


@pytest.mark.parametrize(
    "payee",
    [
        None,
        opened("payee", BOB, currency="USD"),
        opened("payee", BOB, normal_balance="debit"),
    ],
)
def test_a_payee_one_may_not_see_is_unavailable_whatever_the_reason(payee):
    events = [opened("ann", ANN), credited("ann", 5), *([payee] if payee else [])]
    answer = given(*events).by(ANN).when(pay("ann", "payee", 5))
    answer.then_refused(PayeeUnavailable)
    assert (answer.refusal.facts, answer.refusal.pointer) == ({}, "/to")


def test_legs_that_cannot_balance_are_named_whoever_the_payee_is():
    legs = debit("ann", 5), credit("payee", 4)
    for payee in ([], [opened("payee", BOB)], [opened("payee", BOB, currency="USD")]):
        answer = given(opened("ann", ANN), credited("ann", 5), *payee).by(ANN).when(transfer(*legs))
        answer.then_refused(NotBalanced)
        assert answer.refusal.facts == {"difference": -1}


def test_a_transfer_that_changes_nothing_is_refused():
    legs = debit("ann", 5), credit("ann", 5), debit("bob", 3), credit("bob", 3)
    given(opened("ann"), opened("bob")).when(transfer(*legs)).then_refused(SameAccount)


def test_strangers_may_not_name_accounts_that_get_nothing():
    legs = debit("ann", 5), credit("bob", 5), debit("eve", 1), credit("eve", 1)
    events = opened("ann", ANN), opened("bob", BOB), opened("eve", EVE), credited("ann", 5)
    given(*events).by(ANN).when(transfer(*legs)).then_refused(AccountNotFound, account="eve")


def test_staff_are_told_which_account_is_missing():
    spec = given(opened("ann"), credited("ann", 5))
    spec.by(SAM).when(pay("ann", "none", 5)).then_refused(AccountNotFound, account="none")


def test_those_who_may_only_look_may_not_post():
    spec = given(world(), opened("ann", ANN)).by(VIC)
    spec.when(pay("world", "ann", 5)).then_refused(Forbidden)


def test_the_outside_world_is_not_for_owners_to_debit():
    spec = given(world(), opened("ann", ANN)).by(ANN)
    spec.when(pay("world", "ann", 5)).then_refused(AccountNotFound)


def test_a_leg_that_names_a_currency_is_held_to_it():
    legs = [debit("world", 5), credit("ann", 5)]
    given(world(), opened("ann")).when(transfer(*legs, currencies=(None, "USD"))).then_refused(
        CurrencyMismatch, currency="USD"
    )


def test_a_leg_of_a_hidden_payee_tells_nothing_of_its_currency():
    legs = [debit("ann", 5), credit("bob", 5)]
    spec = given(opened("ann", owner=ANN), credited("ann", 9), opened("bob", owner=BOB)).by(ANN)
    spec.when(transfer(*legs, currencies=(None, "USD"))).then_refused(PayeeUnavailable)
