"""Open accounts from a CSV file."""

from collections.abc import Iterator

from commands.engine.import_command import CODES, ImportCommand
from commands.engine.importing import Item
from commands.ledger import imports


class Command(ImportCommand):
    help = (
        f"Open accounts from a CSV file with the columns {','.join(imports.ACCOUNTS)}. "
        "Limits are decimals of the currency; an empty limit is unlimited.\n\n"
        f"{CODES}\n\n"
        "Example:\n  python manage.py import_accounts accounts.csv"
    )
    command = "open_account"
    columns = imports.ACCOUNTS

    def items(self, rows: imports.Rows) -> Iterator[Item]:
        return imports.accounts(rows)
