"""Two blocks of Ethereum as they were: 77 units, several in one transfer, amounts of 31 digits."""

import csv
import json
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from eventstore.events import currencies
from projections.ledger.models import Balance, Entry, Transfer
from tests.examples.http import Api
from tests.examples.people import VIC
from tests.examples.real import DATA, ethereum, needs_real_data
from tests.examples.real.books import ETHEREUM
from tests.examples.real.carrying import balances, import_accounts, import_transfers, verify

pytestmark = [needs_real_data, pytest.mark.django_db(transaction=True)]
FOLDER = DATA / "ethereum"


@pytest.fixture
def refused(tmp_path: Path) -> list[dict[str, str]]:
    """All 232 transactions are sent; what was refused of them."""
    currencies.configure(ETHEREUM.currencies())
    files = ethereum.convert(FOLDER, tmp_path, zeros=True)
    assert import_accounts(files.accounts) == []
    return import_transfers(files.transfers)


def exported(format: str) -> str:
    out = StringIO()
    call_command("export", "--format", format, stdout=out)
    return out.getvalue()


def test_only_transactions_that_move_nothing_are_refused_and_every_unit_sums_to_zero(
    refused: list[dict[str, str]],
) -> None:
    assert {row["reference"] for row in refused} == ethereum.zero_transactions(FOLDER)
    assert len(refused) == 3
    assert all("/legs/0/amount" in row["reason"] for row in refused)
    assert balances() == ETHEREUM.expected_balances()

    sums = Counter[str]()
    for row in Balance.objects.all():
        sums[row.currency] += row.credits - row.debits
    assert len(sums) == 77
    assert not any(sums.values())
    verify()


def test_units_move_together_and_what_goes_to_itself_changes_nothing_more(
    refused: list[dict[str, str]],
) -> None:
    unit = dict(Balance.objects.values_list("account", "currency"))
    legs = [row.legs for row in Transfer.objects.all()]
    assert len(legs) == 232 - 3
    assert sum(len({unit[leg["account"]] for leg in each}) > 1 for each in legs) == 76
    assert sum(map(len, legs)) == 2 * (418 - 3)

    for row in Transfer.objects.all():
        nets = Counter[str]()
        for leg in row.legs:
            sign = 1 if leg["direction"] == "credit" else -1
            nets[leg["account"]] += sign * int(leg["amount"])
        changes = Entry.objects.filter(transfer=row.id)
        assert {
            each.account: each.amount * (1 if each.direction == "credit" else -1)
            for each in changes
        } == {account: net for account, net in nets.items() if net}


def test_an_amount_of_31_digits_is_exact_in_tables_answers_and_exports(
    refused: list[dict[str, str]],
) -> None:
    largest = max(ethereum.amounts(FOLDER), key=lambda leg: leg.minor)
    assert len(str(largest.minor)) == 31
    assert Entry.objects.get(account=largest.to, amount=largest.minor).direction == "credit"
    transfer = Transfer.objects.get(reference=largest.reference)

    api, minor = Api(VIC), str(largest.minor)
    balance = ETHEREUM.expected_balances()[largest.to]
    assert api.get(f"/accounts/{largest.to}").json()["posted"] == str(balance)
    leg = {"account": largest.to, "direction": "credit", "amount": minor}
    assert leg in api.get(f"/transfers/{transfer.id}").json()["legs"]
    found = api.get(f"/accounts/{largest.to}/entries").json()["entries"]
    assert minor in [entry["amount"] for entry in found]

    as_json = [json.loads(line) for line in exported("jsonl").splitlines()]
    assert any(leg in line.get("transfer", {}).get("legs", ()) for line in as_json)
    as_csv = csv.DictReader(exported("csv").splitlines())
    assert minor in [row["amount"] for row in as_csv if row["account"] == largest.to]
    assert f"  {minor} {largest.currency}\n" in exported("beancount")
    assert f'  {minor} "{largest.currency}"\n' in exported("hledger")
