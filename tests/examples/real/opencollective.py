"""The hledger project's Open Collective account in USD, with the platform's running balance."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from tests.examples.real import postings
from tests.examples.real.importing import ImportFiles, Row, read, write

COLLECTIVE = "assets:collective"
expected_balances = postings.expected_balances

# From this day the platform writes down the balance before it books the processor's fee.
_FEE_BOOKED_AFTER = "2024-01-01"


class Recorded(NamedTuple):
    """The platform's balance after one group of transactions, and its fee still to come."""

    reference: str
    balance: int
    pending_fee: int


def convert(folder: Path, into: Path) -> ImportFiles:
    """Turn the postings into import files, a transfer per group (contribution and its fees)."""
    return write(into, postings.accounts(folder), map(_row, read(folder, "postings.csv")))


def recorded_balances(folder: Path) -> Iterator[Recorded]:
    """Balance of the collective after each group, in cents, as the platform wrote it down."""
    rows = read(folder, "transactions.csv")
    for reference, group in groupby(rows, key=lambda row: row["shortGroup"]):
        last = list(group)[-1]
        fee = postings.cents(last["amount"]) - postings.cents(last["netAmount"])
        pending = fee if last["datetime"] >= _FEE_BOOKED_AFTER else 0
        yield Recorded(reference, postings.cents(last["balance"]), pending)


def _row(row: dict[str, str]) -> Row:
    return postings.leg(row, row["txn_group"], row["datetime"][:10], "")
