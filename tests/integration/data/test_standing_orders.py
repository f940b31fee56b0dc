"""A bank's standing orders, carried out by the worker when they are due."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest

from commands.engine.models import Request
from commands.engine.queue import Worker
from projections.ledger.models import Transfer
from tests.examples.http import Api
from tests.examples.people import SAM
from tests.examples.real import DATA, berka, needs_real_data
from tests.examples.real.books import BERKA, BERKA_SAMPLE, Book
from tests.examples.real.carrying import balances, import_accounts, import_transfers, verify
from tests.examples.real.importing import parts, read
from tests.examples.real.postings import cents

pytestmark = [needs_real_data, pytest.mark.django_db(transaction=True)]

AHEAD = timedelta(seconds=2)
DEADLINE = 600  # seconds for what is done in some


def ask(api: Api, row: dict[str, str]) -> datetime:
    """Have a row's transfer accepted, to be posted a moment later; when it will be due."""
    due = datetime.now(UTC) + AHEAD
    body = {
        "from": row["debit"],
        "to": row["credit"],
        "amount": str(cents(row["amount"])),
        "currency": row["currency"],
        "effective_on": row["effective_on"],
        "reference": row["reference"],
        "description": row["description"],
    }
    said = due.isoformat().replace("+00:00", "Z")
    answer = api.post(f"/transfers?not_before={said}", body, key=row["reference"])
    assert answer.status_code == 202
    return due


def work_until_all_is_done() -> None:
    """Let a worker go on, as long as anything is waiting or not yet due."""
    worker, until = Worker(), monotonic() + DEADLINE
    while Request.objects.filter(status="accepted").exists():
        assert monotonic() < until, "the queue came to nothing"
        if worker.step():
            sleep(0.05)


@pytest.mark.parametrize(
    ("book", "sample", "orders"),
    [
        pytest.param(BERKA_SAMPLE, True, 192, id="sample"),
        pytest.param(BERKA, False, 6_043, marks=pytest.mark.slow, id="berka"),
    ],
)
def test_what_is_scheduled_is_posted_when_it_is_due_with_the_date_it_had_in_the_bank(
    book: Book, sample: bool, orders: int, tmp_path: Path
) -> None:
    standing = berka.standing_orders(DATA / "berka", sample)
    files = book.convert(tmp_path)
    found = parts(
        files.transfers, lambda row: "standing" if row["reference"] in standing else "rest"
    )
    assert import_accounts(files.accounts) == []
    assert import_transfers(found["rest"]) == []
    before = balances()

    sam, asked = Api(SAM), list(read(tmp_path, "standing.csv"))
    due = {row["reference"]: ask(sam, row) for row in asked}
    assert len(due) == orders
    work_until_all_is_done()

    rows = Request.objects.filter(road="queued")
    assert {row.key: row.not_before for row in rows} == due
    assert {row.status for row in rows} == {"succeeded"}
    assert all(row.decided_at >= row.not_before for row in rows)
    posted = Transfer.objects.filter(reference__in=due)
    assert dict(posted.values_list("reference", "effective_on")) == {
        row["reference"]: date.fromisoformat(row["effective_on"]) for row in asked
    }
    assert before != balances() == book.expected_balances()
    verify()
