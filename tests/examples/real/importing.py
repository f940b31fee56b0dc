"""The two import files every source is turned into, and how its own files are read."""

import csv
import lzma
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import NamedTuple

ACCOUNT_COLUMNS = ("code", "name", "currency", "normal_balance", "overdraft_limit", "owner")
TRANSFER_COLUMNS = (
    *("reference", "effective_on", "debit", "credit"),
    *("amount", "currency", "description"),
)
_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]*(:[a-z0-9][a-z0-9_.-]*)*")


@dataclass(frozen=True)
class Account:
    """One row of accounts.csv; no source says who owns an account or how far it may go."""

    code: str
    name: str
    currency: str
    normal_balance: str
    overdraft_limit: str = ""
    owner: str = ""


@dataclass(frozen=True)
class Row:
    """One row of transfers.csv; `amount` is a decimal, an empty `debit` or `credit` no leg."""

    reference: str
    effective_on: str
    debit: str
    credit: str
    amount: str
    currency: str
    description: str = ""


class ImportFiles(NamedTuple):
    """Where the two files were written."""

    accounts: Path
    transfers: Path


def write(into: Path, accounts: Iterable[Account], rows: Iterable[Row]) -> ImportFiles:
    """Write both files; ValueError when two accounts would share a code or one is no code."""
    files = ImportFiles(into / "accounts.csv", into / "transfers.csv")
    _write(files.accounts, ACCOUNT_COLUMNS, map(astuple, _checked(accounts)))
    _write(files.transfers, TRANSFER_COLUMNS, map(astuple, rows))
    return files


def _checked(accounts: Iterable[Account]) -> Iterator[Account]:
    taken: set[str] = set()
    for account in accounts:
        if account.code in taken or len(account.code) > 200 or not _CODE.fullmatch(account.code):
            raise ValueError(f"{account.code!r} is taken or not an account code")
        taken.add(account.code)
        yield account


def _write(path: Path, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(columns)
        out.writerows(rows)


def parts(transfers: Path, part_of: Callable[[dict[str, str]], str]) -> dict[str, Path]:
    """Cut transfers.csv into files, one for each part that rows say they belong to, in order."""
    rows: dict[str, list[Iterable[str]]] = {}
    for row in read(transfers.parent, transfers.name):
        rows.setdefault(part_of(row), []).append(row.values())
    files = {part: transfers.with_name(f"{part}.csv") for part in rows}
    for part, file in files.items():
        _write(file, TRANSFER_COLUMNS, rows[part])
    return files


def read(folder: Path, name: str, delimiter: str = ",") -> Iterator[dict[str, str]]:
    """Read the rows of a source's CSV, or of its `.xz` where that is what there is."""
    path = folder / name
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            yield from csv.DictReader(file, delimiter=delimiter)
    else:
        with lzma.open(f"{path}.xz", "rt", newline="", encoding="utf-8") as file:
            yield from csv.DictReader(file, delimiter=delimiter)
