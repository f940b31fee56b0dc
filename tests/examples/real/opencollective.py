"""The hledger project's Open Collective account in USD, with the platform's running balance."""

from collections.abc import Iterable, Iterator
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


class Refund(NamedTuple):
    """A group of rows that gives a contribution back: its own name, the contribution's, the day."""

    reference: str
    contribution: str
    effective_on: str


def refunds(folder: Path) -> Iterator[Refund]:
    """The groups with refunds, each with the one group whose rows its own name as refunded.

    What the platform adds of its own (it pays back the processor's fee) names nothing and lies in
    the same group. ValueError when a group with refunds does not lead to one other group.
    """
    rows = list(read(folder, "transactions.csv"))
    group_of = {row["shortId"]: row["shortGroup"] for row in rows}
    for reference, group in groupby(_refunding(rows), key=lambda row: row["shortGroup"]):
        members = list(group)
        named = {group_of[row["shortRefundId"]] for row in members if row["shortRefundId"]}
        if len(named) != 1:
            raise ValueError(f"{reference} refunds {sorted(named)}")
        yield Refund(reference, named.pop(), members[0]["datetime"][:10])


def refund_rows(folder: Path) -> int:
    """How many of the platform's rows are refunds."""
    return len(list(_refunding(read(folder, "transactions.csv"))))


def reversed_balances(folder: Path) -> dict[str, int]:
    """Final balances had each refund been the contribution's own legs the other way round.

    The source books a refund on accounts of its own: an expense for the sponsor, a cover for the
    processor's fee.
    """
    undone = {name for refund in refunds(folder) for name in refund[:2]}
    balances = expected_balances(folder)
    for row in read(folder, "postings.csv"):
        if row["txn_group"] in undone:
            code, raised = postings.change(row)
            balances[code] -= raised
    return balances


def _refunding(rows: Iterable[dict[str, str]]) -> Iterator[dict[str, str]]:
    return (row for row in rows if row["isRefund"])


def _row(row: dict[str, str]) -> Row:
    return postings.leg(row, row["txn_group"], row["datetime"][:10], "")
