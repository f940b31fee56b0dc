"""The window on transfers."""

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString

from eventstore.cells import entity_link, plain, row_link, stream_link, table, uuid
from eventstore.events.ledger import transfer_stream
from projections.ledger.amounts import decimal
from projections.ledger.corrections import TRANSFER, OperatedWindow
from projections.ledger.models import Balance, Transfer
from projections.ledger.windows import PostedWindow


@admin.register(Transfer)
class TransferWindow(OperatedWindow, PostedWindow):
    """Transfers, newest first."""

    list_display = ("position", "id", "description", "reference", "effective_on", "moment")
    list_display_links = ("position", "id")
    search_fields = ("reference",)
    search_help_text = "A transfer's id, its position, or its whole reference"
    fields = (
        *("id", "position", "legs_", "effective_on", "moment", "description"),
        *("reference", "metadata_", "reverses_", "reversed_by_", "stream"),
    )
    ways = TRANSFER

    def search(self, rows: QuerySet[Transfer], term: str) -> QuerySet[Transfer]:
        if id_ := uuid(term):
            return rows.filter(id=id_)
        # Its index leaves out those without a reference, and the planner wants to be told.
        found = self.among(rows.exclude(reference=""), "reference", term)
        if term.isascii() and term.isdigit() and not found.exists():
            return rows.filter(position=min(int(term), 2**63 - 1))
        return found

    @admin.display(description="legs")
    def legs_(self, row: Transfer) -> SafeString:
        found = Balance.objects.in_bulk({leg["account"] for leg in row.legs})
        accounts = [found.get(leg["account"]) for leg in row.legs]
        return table(
            (
                (
                    row_link("ledger_balance", leg["account"]),
                    leg["direction"],
                    decimal(int(leg["amount"]), of.exponent if of else None),
                    of.currency if of else "",
                )
                for leg, of in zip(row.legs, accounts, strict=True)
            ),
            *("Account", "Direction", "Amount", "Currency"),
        )

    @admin.display(description="metadata")
    def metadata_(self, row: Transfer) -> str:
        return plain(row.metadata)

    @admin.display(description="reverses")
    def reverses_(self, row: Transfer) -> SafeString | str:
        return entity_link("transfer", row.reverses) if row.reverses else "—"

    @admin.display(description="reversed by")
    def reversed_by_(self, row: Transfer) -> SafeString | str:
        return entity_link("transfer", row.reversed_by) if row.reversed_by else "—"

    def stream(self, row: Transfer) -> SafeString:
        return stream_link(transfer_stream(row.id), 1)
