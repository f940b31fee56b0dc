"""A Czech bank's retail accounts of 1993 and early 1994, with the bank's balance on each row."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from tests.examples.real.importing import Account, ImportFiles, Row, read, write
from tests.examples.real.postings import cents

CREDIT = "PRIJEM"  # both other types, VYDAJ and VYBER, are debits

_CASH = Account("outside:cash", "Cash", "CZK", "debit")
_BY_OPERATION = {
    "VKLAD": _CASH,
    "VYBER": _CASH,
    "VYBER KARTOU": Account("outside:card", "Card payments", "CZK", "debit"),
}
_BY_SYMBOL = {
    "UROK": Account("outside:interest", "Interest paid", "CZK", "debit"),
    "SANKC. UROK": Account("outside:penalty-interest", "Penalty interest", "CZK", "credit"),
    "SLUZBY": Account("outside:fees", "Statement fees", "CZK", "credit"),
}


class Entry(NamedTuple):
    """One row of a customer's account: signed amount and the balance after it, in hellers."""

    code: str
    reference: str
    amount: int
    balance: int


def convert(
    folder: Path, into: Path, sample: bool = False, overdraft_limit: str = ""
) -> ImportFiles:
    """Turn `berka/`, or its sample of 12 accounts, into import files, a transfer per row.

    No customer may go further below zero than the limit; an empty one is unlimited.
    """
    rows = _rows(folder, sample)
    customers = {
        row["account_id"]: replace(_customer(row), overdraft_limit=overdraft_limit) for row in rows
    }
    outside = {account.code: account for account in map(_outside, rows)}
    return write(into, [*customers.values(), *outside.values()], map(_transfer, rows))


def expected_balances(folder: Path, sample: bool = False) -> dict[str, int]:
    """The bank's customers as its figures sum up, and the outside as the other side of them."""
    source = folder / "sample" if sample else folder
    balances = {
        f"customers:{row['account_id']}": cents(row["computed_balance"])
        for row in read(source, "final_balances.csv")
    }
    outside: Counter[str] = Counter()
    for row in _rows(folder, sample):
        account, raised_by = _outside(row), "debit" if row["type"] == CREDIT else "credit"
        sign = 1 if account.normal_balance == raised_by else -1
        outside[account.code] += sign * cents(row["amount"])
    return balances | dict(outside)


def expected_entries(folder: Path, sample: bool = False) -> Iterator[Entry]:
    """Every entry of every customer, account by account, each in the bank's order."""
    for row in read(folder / "sample" if sample else folder, "expected_rows.csv"):
        amount, balance = cents(row["signed_amount"]), cents(row["computed_balance"])
        yield Entry(f"customers:{row['account_id']}", row["trans_id"], amount, balance)


def lowest(folder: Path, sample: bool = False) -> dict[str, Entry]:
    """The entry that brought a customer's account to its lowest balance, of those below zero."""
    found: dict[str, Entry] = {}
    for entry in expected_entries(folder, sample):
        low = found.get(entry.code)
        if entry.balance < (low.balance if low else 0):
            found[entry.code] = entry
    return found


def standing_orders(folder: Path, sample: bool = False) -> frozenset[str]:
    """References of the rows in which the bank carried out a customer's standing order."""
    source = folder / "sample" if sample else folder
    orders = {
        (row["account_id"], row["bank_to"], row["account_to"], cents(row["amount"]))
        for row in read(source, "order.csv", ";")
    }
    return frozenset(
        row["trans_id"]
        for row in _rows(folder, sample)
        if (row["account_id"], row["bank"], row["account"], cents(row["amount"])) in orders
    )


def _rows(folder: Path, sample: bool) -> list[dict[str, str]]:
    return sorted(read(folder / "sample" if sample else folder, "trans.csv", ";"), key=_order)


def _order(row: dict[str, str]) -> tuple[str, int, bool, int]:
    """By day, and within an account's day as the bank booked: credits first, debits last.

    Neither file order nor trans_id is chronological: among credits the recorded balance rises,
    among debits it falls.
    """
    credit, balance = row["type"] == CREDIT, cents(row["balance"])
    return row["date"], int(row["account_id"]), not credit, balance if credit else -balance


def _customer(row: dict[str, str]) -> Account:
    number = row["account_id"]
    return Account(f"customers:{number}", f"Account {number}", "CZK", "credit")


def _outside(row: dict[str, str]) -> Account:
    """Who stands on the other side: the partner's account, the bank's own books, or cash."""
    bank, number = row["bank"], row["account"]
    if bank:
        code = f"outside:banks:{bank.lower()}:{number}"
        return Account(code, f"Bank {bank}, account {number}", "CZK", "debit")
    return _BY_SYMBOL.get(row["k_symbol"]) or _BY_OPERATION[row["operation"]]


def _transfer(row: dict[str, str]) -> Row:
    customer, outside = _customer(row).code, _outside(row).code
    debit, credit = (outside, customer) if row["type"] == CREDIT else (customer, outside)
    day = f"19{row['date'][:2]}-{row['date'][2:4]}-{row['date'][4:]}"
    description = f"{row['operation']} {row['k_symbol']}".strip()
    return Row(row["trans_id"], day, debit, credit, row["amount"], "CZK", description)
