"""The window on transfers."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from eventstore.cells import entity_link, figure, number, plain, row_link, stream_link, table, uuid
from eventstore.events.ledger import transfer_stream
from eventstore.listed import id_column, when_column
from eventstore.reading import position_before
from eventstore.window import Rows
from projections.ledger import naming
from projections.ledger.amounts import decimal
from projections.ledger.corrections import ITS_TRANSFER, TRANSFER, OperatedWindow
from projections.ledger.models import Balance, Transfer
from projections.ledger.windows import PostedWindow


class TransferRows(Rows):
    """A page of transfers; those of an account are found by its entries."""

    def read(self, found: QuerySet[Any], limit: int) -> list[Any]:
        way, code = _meant(self.query.strip())
        if way != "account":
            return super().read(found, limit)
        low, ends = 0, []
        if self.period:
            since, until = map(position_before, self.period.bounds)
            low, ends = since, [until + 1]
        if self.after:
            ends.append(self.model_admin.value_of(self.key, self.after))
        high = min(ends, default=None)
        of = Balance.objects.filter(account=code)
        return naming.page(of, low=low, high=high, limit=limit, descending=True)


@admin.register(Transfer)
class TransferWindow(OperatedWindow, PostedWindow):
    """Transfers, newest first."""

    when, id_ = when_column, id_column()
    list_display = ("position", "id_", "description", "reference", "effective_on", "when")
    list_display_links = ("position", "id_")
    search_fields = ("reference",)
    search_help_text = (
        "A transfer's id, the whole code of an account in it, its whole reference, its position, or"
        " else words of its description"
    )
    fields = (
        *("id", "position", "legs_", "effective_on", "moment", "description"),
        *("reference", "metadata_", "reverses_", "reversed_by_", "stream"),
    )
    ways, page = TRANSFER, ITS_TRANSFER

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        return TransferRows

    def search(self, rows: QuerySet[Transfer], term: str) -> QuerySet[Transfer]:
        way, value = _meant(term)
        if way == "reference":
            return self.among(_with_reference(rows), "reference", value)
        return rows.filter(**{way: value}) if way in ("id", "position") else rows

    def sieve(self, term: str) -> Sequence[Any]:
        way, value = _meant(term)
        return [Q(description__icontains=value)] if way == "description" else []

    @admin.display(description="legs")
    def legs_(self, row: Transfer) -> SafeString:
        found = Balance.objects.in_bulk({leg["account"] for leg in row.legs})
        accounts = [found.get(leg["account"]) for leg in row.legs]
        return table(
            (
                (
                    row_link("ledger_balance", leg["account"]),
                    leg["direction"],
                    figure(decimal(int(leg["amount"]), of.exponent if of else None)),
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


def _with_reference(rows: QuerySet[Transfer]) -> QuerySet[Transfer]:
    """Its index leaves out those without a reference, and the planner wants to be told."""
    return rows.exclude(reference="")


def _meant(term: str) -> tuple[str, Any]:
    """What a term says of transfers, and the value that it says."""
    if id_ := uuid(term):
        return "id", id_
    if Balance.objects.filter(account=term).exists():
        return "account", term
    if _with_reference(Transfer.objects.filter(reference=term)).exists():
        return "reference", term
    if (position := number(term)) is not None:
        return "position", position
    return "description", term
