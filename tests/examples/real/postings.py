"""Books kept as signed postings: positive debits an account, negative credits it."""

from collections.abc import Iterator
from pathlib import Path

from eventstore.events.currencies import from_decimal_text
from tests.examples.real.importing import Account, Row, read

_DEBIT_NORMAL = ("assets", "expenses")


def accounts(folder: Path) -> Iterator[Account]:
    """Every account of the source once; the lower-case name is the code."""
    for row in read(folder, "final_balances.csv"):
        yield Account(_code(row), row["account"], row["currency"], _normal(row))


def leg(row: dict[str, str], reference: str, effective_on: str, description: str) -> Row:
    """One posting as one row with one leg."""
    debit, credit = ("", _code(row)) if row["amount"].startswith("-") else (_code(row), "")
    amount = row["amount"].removeprefix("-")
    return Row(reference, effective_on, debit, credit, amount, row["currency"], description)


def expected_balances(folder: Path) -> dict[str, int]:
    """Final balances of the source in cents, in each account's own normal direction."""
    return {
        _code(row): cents(row["balance"]) * (1 if _normal(row) == "debit" else -1)
        for row in read(folder, "final_balances.csv")
    }


def change(row: dict[str, str]) -> tuple[str, int]:
    """An account, and by how many cents a posting raises it in its own normal direction."""
    return _code(row), cents(row["amount"]) * (1 if _normal(row) == "debit" else -1)


def cents(text: str) -> int:
    """Read a signed decimal of a currency with two decimals."""
    return from_decimal_text(text, 2, signed=True)


def _code(row: dict[str, str]) -> str:
    return row["account"].lower()


def _normal(row: dict[str, str]) -> str:
    return "debit" if _code(row).startswith(_DEBIT_NORMAL) else "credit"
