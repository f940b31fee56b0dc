"""Opening an account."""

from commands.engine.errors import Forbidden
from commands.ledger.refusals import AccountExists
from tests.examples.ledger import open_account, opened
from tests.examples.people import ANN, BOB, SAM, VIC
from tests.specs import given


def test_it_opens_the_account_with_its_currencys_exponent():
    given().when(open_account("ann")).then(("account-ann", opened("ann")))


def test_it_keeps_the_exponent_of_a_currency_without_minor_unit():
    command = open_account("ann", currency="JPY")
    given().when(command).then(("account-ann", opened("ann", currency="JPY", exponent=0)))


def test_it_refuses_a_code_that_is_taken():
    given(opened("ann")).when(open_account("ann")).then_refused(AccountExists, account="ann")


def test_it_is_for_staff_who_operate():
    given().by(VIC).when(open_account("ann")).then_refused(Forbidden)
    given().by(ANN).when(open_account("ann")).then_refused(Forbidden)


def test_it_lets_anybody_open_a_plain_account_of_their_own_with_self_service():
    spec = given().by(ANN).with_self_service()
    spec.when(open_account("ann")).then(("account-ann", opened("ann", ANN)))


def test_self_service_gives_no_overdraft_no_debit_normal_and_nothing_in_anothers_name():
    spec = given().by(ANN).with_self_service()
    spec.when(open_account("ann", overdraft_limit=1)).then_refused(Forbidden)
    spec.when(open_account("ann", overdraft_limit=None)).then_refused(Forbidden)
    spec.when(open_account("ann", normal_balance="debit")).then_refused(Forbidden)
    spec.when(open_account("ann", owner=BOB.id)).then_refused(Forbidden)


def test_staff_open_accounts_in_anothers_name():
    given().by(SAM).when(open_account("ann", owner=ANN.id)).then(
        ("account-ann", opened("ann", ANN))
    )
