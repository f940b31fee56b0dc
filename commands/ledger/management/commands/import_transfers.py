"""Post transfers from a CSV file."""

from collections.abc import Iterator

from commands.engine.import_command import CODES, ImportCommand
from commands.engine.importing import Item
from commands.ledger import imports


class Command(ImportCommand):
    help = (
        f"Post transfers from a CSV file with the columns {','.join(imports.TRANSFERS)}. "
        "Adjacent rows of one reference are one transfer; amounts are decimals of the currency. "
        "What was imported before under the same series and reference is left alone.\n\n"
        f"{CODES}\n\n"
        "Example:\n  python manage.py import_transfers 2026-11.csv.gz --series november"
    )
    command = "post_transfer"
    columns = imports.TRANSFERS

    def items(self, rows: imports.Rows) -> Iterator[Item]:
        return imports.transfers(rows)
