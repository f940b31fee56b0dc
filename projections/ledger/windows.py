"""What windows on the ledger's read tables have in common."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString

from eventstore.cells import event_link, number, row_link
from eventstore.reading import position_before
from eventstore.window import Window
from projections.ledger.amounts import with_exponents


class PostedWindow(Window):
    """Rows that an event made, by its position."""

    has_times = True

    def during(
        self, rows: QuerySet[Any], since: datetime, until: datetime, term: str
    ) -> QuerySet[Any]:
        return rows.filter(
            position__gt=position_before(since), position__lte=position_before(until)
        )


class OfAccountWindow(PostedWindow):
    """Rows of one account each, whose amounts are in its currency."""

    search_fields = ("account",)
    search_help_text = "A position, or the whole code of an account"

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        if (position := number(term)) is not None:
            return rows.filter(position=position)
        return self.among(rows, "account", term)

    def prepare(self, rows: list[Any]) -> None:
        with_exponents(rows)

    @admin.display(description="account")
    def of_account(self, row: Any) -> SafeString:
        return row_link("ledger_balance", row.account)

    def event(self, row: Any) -> SafeString:
        return event_link(row.position)
