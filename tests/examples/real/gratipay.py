"""Gratipay's own books of 2012 and 2017 in USD: double entry, up to six legs a transaction."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from tests.examples.real import postings
from tests.examples.real.importing import ImportFiles, Row, parts, read, write

ESCROW = "liabilities:escrow"
expected_balances = postings.expected_balances


def convert(folder: Path, into: Path) -> ImportFiles:
    """Turn one year (`gratipay/fy2013` or `fy2017`) into import files, a row per posting."""
    return write(into, postings.accounts(folder), map(_row, read(folder, "postings.csv")))


class Month(NamedTuple):
    """A month of the books: its last day, its transfers, and the escrow owed when it is over."""

    last_day: date
    transfers: Path
    escrow: int

    @property
    def before(self) -> date:
        """The last day of the month before."""
        return self.last_day.replace(day=1) - timedelta(days=1)


def months(folder: Path, files: ImportFiles) -> Iterator[Month]:
    """The months of what `convert` wrote, one after the other."""
    for name, transfers in parts(files.transfers, lambda row: row["effective_on"][:7]).items():
        year, month = map(int, name.split("-"))
        last_day = date(year, month, monthrange(year, month)[1])
        yield Month(last_day, transfers, _escrow(folder, last_day))


def _escrow(folder: Path, upto: date) -> int:
    """What the source's own postings to the liability come to, in cents."""
    return -sum(
        postings.cents(row["amount"])
        for row in read(folder, "postings.csv")
        if row["account"].lower() == ESCROW and row["date"] <= upto.isoformat()
    )


def _row(row: dict[str, str]) -> Row:
    return postings.leg(row, row["txn"], row["date"], row["narration"])
