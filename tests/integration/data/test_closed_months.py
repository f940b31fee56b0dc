"""Gratipay's summer of 2012, each month closed when it is posted: what is closed stays closed."""

from datetime import date
from pathlib import Path

import pytest

from tests.examples.http import Api
from tests.examples.people import CLEO, VIC
from tests.examples.real import DATA, needs_real_data
from tests.examples.real.books import GRATIPAY_2013
from tests.examples.real.carrying import balances, import_accounts, import_transfers, verify
from tests.examples.real.gratipay import ESCROW, Month, months
from tests.examples.real.importing import parts

pytestmark = [needs_real_data, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def summer(tmp_path: Path) -> list[Month]:
    """The months June, July and August; the accounts are open, nothing is posted."""
    files = GRATIPAY_2013.convert(tmp_path)
    assert import_accounts(files.accounts) == []
    found = list(months(DATA / "gratipay" / "fy2013", files))
    assert [month.last_day.month for month in found] == [6, 7, 8]
    return found


def close(through: date) -> None:
    said = {"through": through.isoformat(), "reason": "Reconciled with the banks"}
    answer = Api(CLEO).post("/books/close", said)
    assert (answer.status_code, answer.json()["book"]["closed_through"]) == (200, said["through"])


def escrow() -> tuple[int, int]:
    """What is held in escrow, and what is owed from it."""
    found = balances()
    held = sum(found[code] for code in found if code.startswith("assets:escrow:"))
    return held, found[ESCROW]


def test_at_the_end_of_each_month_escrow_is_what_is_owed_and_the_month_is_closed(
    summer: list[Month],
) -> None:
    for month in summer:
        assert import_transfers(month.transfers) == []
        assert escrow() == (month.escrow, month.escrow)
        close(month.last_day)
    assert [month.escrow for month in summer] == [14_190, 298_997, 664_859]
    assert balances() == GRATIPAY_2013.expected_balances()
    vic = Api(VIC)
    for month in summer:
        account = vic.get(f"/accounts/{ESCROW}?as_of={month.last_day}").json()
        assert account["posted"] == str(month.escrow)
    verify()


def test_a_closed_month_that_is_posted_again_is_refused_whole(summer: list[Month]) -> None:
    june, july, _ = summer
    for month in (june, july):
        assert import_transfers(month.transfers) == []
        close(month.last_day)
    before = balances()
    again = june.transfers.rename(june.transfers.with_name("again.csv"))
    refused = import_transfers(again)
    assert len({row["reference"] for row in refused}) == 24
    assert len(refused) == len(again.read_text().splitlines()) - 1
    assert {row["reason"].partition(":")[0] for row in refused} == {"books-closed"}
    assert balances() == before


def test_a_transfer_forgotten_in_a_closed_month_is_posted_when_the_month_is_reopened(
    summer: list[Month],
) -> None:
    june, july, august = summer
    rows = june.transfers.read_text().splitlines()
    forgotten = [row.split(",")[0] for row in rows if ESCROW in row][-1]
    found = parts(
        june.transfers, lambda row: "late" if row["reference"] == forgotten else "in-time"
    )
    for transfers, last_day in (
        (found["in-time"], june.last_day),
        (july.transfers, july.last_day),
    ):
        assert import_transfers(transfers) == []
        close(last_day)
    held, owed = escrow()
    assert held == owed != july.escrow
    assert {row["reference"] for row in import_transfers(found["late"])} == {forgotten}
    assert escrow() == (held, owed)

    close(june.before)
    assert import_transfers(found["late"]) == []
    assert escrow() == (july.escrow, july.escrow)
    close(july.last_day)
    assert import_transfers(august.transfers) == []
    close(august.last_day)
    assert balances() == GRATIPAY_2013.expected_balances()
    verify()
