"""A bank's overdrawn accounts with the limits they really needed, and with one crown less."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.examples.http import Api
from tests.examples.people import SAM
from tests.examples.real import DATA, berka, needs_real_data
from tests.examples.real.books import BERKA, BERKA_SAMPLE, Book
from tests.examples.real.carrying import balances, import_accounts, import_transfers, verify
from tests.examples.real.importing import ImportFiles

pytestmark = [needs_real_data, pytest.mark.django_db(transaction=True)]
CROWN = 100  # hellers

both = pytest.mark.parametrize(
    ("book", "sample", "overdrawn"),
    [
        pytest.param(BERKA_SAMPLE, True, 3, id="sample"),
        pytest.param(BERKA, False, 20, marks=pytest.mark.slow, id="berka"),
    ],
)


def opened(into: Path, sample: bool) -> ImportFiles:
    """The bank's accounts, none of whose customers may go below zero; nothing is posted."""
    files = berka.convert(DATA / "berka", into, sample, overdraft_limit="0")
    assert import_accounts(files.accounts) == []
    return files


def allow(limits: Mapping[str, int]) -> None:
    """Let customers go so many hellers below zero."""
    sam = Api(SAM)
    for code, limit in limits.items():
        said = {"overdraft_limit": str(limit), "reason": "As far as the bank let it go"}
        answer = sam.post(f"/accounts/{code}/overdraft-limit", said)
        assert answer.json()["account"]["overdraft_limit"] == str(limit)


@both
def test_nothing_is_refused_with_the_limit_that_each_account_really_needed(
    book: Book, sample: bool, overdrawn: int, tmp_path: Path
) -> None:
    files, lowest = opened(tmp_path, sample), berka.lowest(DATA / "berka", sample)
    assert len(lowest) == overdrawn
    allow({code: -low.balance for code, low in lowest.items()})
    assert import_transfers(files.transfers) == []
    assert balances() == book.expected_balances()
    verify()


@both
def test_one_crown_less_refuses_the_rows_that_need_it_and_the_crown_lets_them_in(
    book: Book, sample: bool, overdrawn: int, tmp_path: Path
) -> None:
    files, lowest = opened(tmp_path, sample), berka.lowest(DATA / "berka", sample)
    allow({code: -low.balance - CROWN for code, low in lowest.items()})
    refused = import_transfers(files.transfers)
    assert {row["debit"]: row["reference"] for row in refused} == {
        code: low.reference for code, low in lowest.items()
    }
    assert len(refused) == overdrawn
    assert {row["reason"].partition(":")[0] for row in refused} == {"insufficient-funds"}

    allow({code: -low.balance for code, low in lowest.items()})
    assert import_transfers(files.transfers) == []
    assert balances() == book.expected_balances()
    verify()
