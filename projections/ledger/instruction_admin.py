"""Windows on the read tables of standing instructions."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString

from eventstore.cells import event_link, row_link, shown_in, uuid
from eventstore.listed import id_column
from eventstore.window import one_of
from projections.ledger.amounts import amount, with_exponents
from projections.ledger.corrections import INSTRUCTIONS, OperatedWindow, Way
from projections.ledger.instruction_models import Setting, StandingOrder
from projections.ledger.instructions import STATUSES

shown_in("order", "ledger_standingorder")


@admin.register(Setting)
class SettingWindow(OperatedWindow):
    """What accounts are set to do, by code."""

    low_ = amount("low", "tells when less is available than", none="—")
    above_ = amount("above", "moves all beyond", none="—")

    key, descending = "account", False
    list_display = ("account", "low_", "above_", "target")
    search_fields = ("account",)
    search_help_text = "The beginning of a code"
    fields = ("of_account", "low_", "above_", "to_target")
    ways = INSTRUCTIONS

    def search(self, rows: QuerySet[Setting], term: str) -> QuerySet[Setting]:
        return rows.filter(account__startswith=term)

    def prepare(self, rows: list[Any]) -> None:
        with_exponents(rows)

    @admin.display(description="account")
    def of_account(self, row: Setting) -> SafeString:
        return row_link("ledger_balance", row.account)

    @admin.display(description="to")
    def to_target(self, row: Setting) -> SafeString | str:
        return row_link("ledger_balance", row.target) if row.target else "—"


@admin.register(StandingOrder)
class StandingOrderWindow(OperatedWindow):
    """Standing orders of all accounts, the last placed first."""

    amount_ = amount("amount")

    key = "id"  # Ids are drawn in the order of time.
    id_ = id_column()
    list_display = ("id_", "account", "payee", "amount_", "every", "next_on", "status", "done_code")
    list_filter = (one_of("status", lambda: STATUSES),)
    search_fields = ("account",)
    search_help_text = "A standing order's id, or the whole code of its account"
    fields = (
        *("id", "of_account", "for_payee", "amount_", "every", "first_on", "last_on"),
        *("description", "status", "next_on", "done_on", "of_transfer", "done_code"),
        *("placed_", "last_"),
    )
    ways = (
        Way("Cancel…", "cancel-standing-order", lambda row: [row.id],
            fits=lambda row: row.status == "open"),
    )  # fmt: skip

    def search(self, rows: QuerySet[StandingOrder], term: str) -> QuerySet[StandingOrder]:
        if id_ := uuid(term):
            return rows.filter(id=id_)
        return self.among(rows, "account", term, key="placed")

    def prepare(self, rows: list[Any]) -> None:
        with_exponents(rows)

    @admin.display(description="account")
    def of_account(self, row: StandingOrder) -> SafeString:
        return row_link("ledger_balance", row.account)

    @admin.display(description="payee")
    def for_payee(self, row: StandingOrder) -> SafeString:
        return row_link("ledger_balance", row.payee)

    @admin.display(description="transfer")
    def of_transfer(self, row: StandingOrder) -> SafeString | str:
        return row_link("ledger_transfer", row.done_transfer) if row.done_transfer else "—"

    @admin.display(description="placed")
    def placed_(self, row: StandingOrder) -> SafeString:
        return event_link(row.placed)

    @admin.display(description="last event")
    def last_(self, row: StandingOrder) -> SafeString:
        return event_link(row.position)
