"""Real books carried into the ledger by its own commands, and what the ledger then holds."""

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from eventstore.events import currencies
from projections.ledger.models import Balance, Entry, Transfer
from tests.examples.real.books import Book
from tests.examples.real.importing import ImportFiles


def imported(book: Book, into: Path) -> ImportFiles:
    """Import a book through the commands, refusing nothing."""
    currencies.configure(book.currencies())
    files = book.convert(into)
    assert import_accounts(files.accounts) == []
    assert import_transfers(files.transfers) == []
    return files


def import_accounts(file: Path) -> list[dict[str, str]]:
    """Open accounts; the rows that were refused, each with its line and reason."""
    return _import("import_accounts", file)


def import_transfers(file: Path) -> list[dict[str, str]]:
    """Post transfers; the rows that were refused, each with its line and reason."""
    return _import("import_transfers", file)


def _import(command: str, file: Path) -> list[dict[str, str]]:
    refused = Path(f"{file}.refused.csv")
    try:
        call_command(command, str(file), stdout=StringIO(), stderr=StringIO())
    except SystemExit as ended:
        assert (ended.code, refused.exists()) == (1, True)
    if not refused.exists():
        return []
    with refused.open(newline="", encoding="utf-8") as text:
        return list(csv.DictReader(text))


def verify(*checks: str) -> None:
    """Raises unless these checks, or all, find that what is stored is what the events say."""
    call_command("verify", *checks, stdout=StringIO(), stderr=StringIO())


def balances() -> dict[str, int]:
    """Every account's balance in its own normal direction."""
    return {
        row.account: (row.debits - row.credits) * (1 if row.normal_balance == "debit" else -1)
        for row in Balance.objects.all()
    }


def entries(code: str) -> Iterator[tuple[str, int, int]]:
    """Reference, change and balance of an account's entries in its normal direction, in order."""
    sign = 1 if Balance.objects.get(account=code).normal_balance == "credit" else -1
    rows = list(Entry.objects.filter(account=code).order_by("position"))
    references = dict(
        Transfer.objects.filter(id__in=[row.transfer for row in rows]).values_list(
            "id", "reference"
        )
    )
    for row in rows:
        change = sign * row.amount if row.direction == "credit" else -sign * row.amount
        yield references[row.transfer], change, sign * (row.credits - row.debits)
