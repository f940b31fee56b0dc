"""Gratipay's own books of 2012 and 2017 in USD: double entry, up to six legs a transaction."""

from pathlib import Path

from tests.examples.real import postings
from tests.examples.real.importing import ImportFiles, Row, read, write

expected_balances = postings.expected_balances


def convert(folder: Path, into: Path) -> ImportFiles:
    """Turn one year (`gratipay/fy2013` or `fy2017`) into import files, a row per posting."""
    return write(into, postings.accounts(folder), map(_row, read(folder, "postings.csv")))


def _row(row: dict[str, str]) -> Row:
    return postings.leg(row, row["txn"], row["date"], row["narration"])
