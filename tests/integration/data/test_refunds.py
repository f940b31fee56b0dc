"""Open Collective's refunds as reversals of the contributions that were given back."""

from pathlib import Path

import pytest

from projections.ledger.models import Transfer
from tests.examples.http import Api
from tests.examples.people import SAM
from tests.examples.real import DATA, needs_real_data, opencollective
from tests.examples.real.books import OPEN_COLLECTIVE
from tests.examples.real.carrying import (
    balances,
    entries,
    import_accounts,
    import_transfers,
    verify,
)
from tests.examples.real.importing import parts
from tests.examples.real.opencollective import COLLECTIVE, Refund

pytestmark = [needs_real_data, pytest.mark.django_db(transaction=True)]
FOLDER = DATA / "opencollective_hledger"


def until_refunds(transfers: Path, refunds: dict[str, Refund]) -> dict[str, Path]:
    """The transfers in files: those before a refund, the refund, those after it, and so on."""
    latest = "the-beginning"

    def part_of(row: dict[str, str]) -> str:
        nonlocal latest
        if row["reference"] in refunds:
            latest = row["reference"]
            return latest
        return f"after-{latest}"

    return parts(transfers, part_of)


def reverse(refund: Refund, *, status: int = 201) -> dict:
    original = Transfer.objects.get(reference=refund.contribution, reverses=None)
    said = {"reason": f"Refund {refund.reference}", "effective_on": refund.effective_on}
    answer = Api(SAM).post(f"/transfers/{original.id}/reverse", said)
    assert answer.status_code == status
    return answer.json()


def test_with_refunds_as_reversals_the_balance_is_the_recorded_one_after_every_row(
    tmp_path: Path,
) -> None:
    files = OPEN_COLLECTIVE.convert(tmp_path)
    refunds = {refund.reference: refund for refund in opencollective.refunds(FOLDER)}
    assert import_accounts(files.accounts) == []
    for part, transfers in until_refunds(files.transfers, refunds).items():
        if refund := refunds.get(part):
            made = reverse(refund)["transfer"]
            assert made["effective_on"] == refund.effective_on
            original = Api(SAM).get(f"/transfers/{made['reverses']}").json()
            assert (original["reference"], original["reversed_by"]) == (
                refund.contribution,
                made["id"],
            )
        else:
            assert import_transfers(transfers) == []

    named = {refund.reference: refund.contribution for refund in refunds.values()}
    assert [(reference, balance) for reference, _, balance in entries(COLLECTIVE)] == [
        (named.get(row.reference, row.reference), row.balance - row.pending_fee)
        for row in opencollective.recorded_balances(FOLDER)
    ]
    assert balances() == opencollective.reversed_balances(FOLDER)
    for refund in refunds.values():
        assert reverse(refund, status=422)["code"] == "already-reversed"
    verify()
