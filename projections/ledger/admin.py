"""Windows on the ledger's read tables."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString

from eventstore.cells import (
    event_link,
    plain,
    row_link,
    shown_in,
    stream_link,
    table,
    uuid,
)
from eventstore.events.ledger import BOOK
from eventstore.listed import id_column, time_column, when_column
from eventstore.window import Window, one_of
from projections.ledger import account_admin, instruction_admin, transfer_admin  # noqa: F401
from projections.ledger.activity_projector import KINDS
from projections.ledger.amounts import amount, with_exponents
from projections.ledger.corrections import HOLD, ITS_HOLD, OperatedWindow
from projections.ledger.models import (
    Activity,
    Book,
    DailyTotal,
    Entry,
    Hold,
)
from projections.ledger.windows import OfAccountWindow

shown_in("account", "ledger_balance")
shown_in("transfer", "ledger_transfer")
shown_in("book", "ledger_book")
shown_in("hold", "ledger_hold")


@admin.register(Entry)
class EntryWindow(OfAccountWindow):
    """Entries of all accounts, newest first."""

    amount_ = amount("amount")
    debits_ = amount("debits", "debits so far, this one included")
    credits_ = amount("credits", "credits so far, this one included")

    when = when_column
    list_display = ("position", "account", "direction", "amount_", "effective_on", "when")
    list_filter = (one_of("direction", lambda: ("debit", "credit")),)
    fields = (
        *("position", "of_account", "direction", "amount_", "debits_", "credits_"),
        *("effective_on", "moment", "of_transfer", "event"),
    )

    @admin.display(description="transfer")
    def of_transfer(self, row: Entry) -> SafeString:
        return row_link("ledger_transfer", row.transfer)


@admin.register(DailyTotal)
class DailyTotalWindow(Window):
    """What was posted to accounts on business dates, by code and date."""

    debits_, credits_ = amount("debits"), amount("credits")

    key, descending = "id", False
    list_display = ("id", "debits_", "credits_", "entries")
    search_fields = ("account",)
    search_help_text = "The beginning of a code"
    fields = ("of_account", "day", "debits_", "credits_", "entries")

    def search(self, rows: QuerySet[DailyTotal], term: str) -> QuerySet[DailyTotal]:
        return rows.filter(id__startswith=term)

    def prepare(self, rows: list[Any]) -> None:
        with_exponents(rows)

    @admin.display(description="account")
    def of_account(self, row: DailyTotal) -> SafeString:
        return row_link("ledger_balance", row.account)


@admin.register(Activity)
class ActivityWindow(OfAccountWindow):
    """What happened to all accounts, newest first."""

    amount_ = amount("amount", none="—")

    when = when_column
    list_display = ("position", "account", "kind", "amount_", "when")
    list_filter = (one_of("kind", lambda: KINDS),)
    fields = (
        *("position", "of_account", "kind", "amount_", "facts_", "moment", "of_transfer"),
        *("of_holds", "event"),
    )

    def filtered(
        self, rows: QuerySet[Activity], name: str, value: str, term: str
    ) -> QuerySet[Activity] | None:
        return None if term else self.among(rows, name, value)

    @admin.display(description="facts")
    def facts_(self, row: Activity) -> str:
        return plain(row.facts)

    @admin.display(description="transfer")
    def of_transfer(self, row: Activity) -> SafeString | str:
        return row_link("ledger_transfer", row.transfer) if row.transfer else "—"

    @admin.display(description="holds")
    def of_holds(self, row: Activity) -> SafeString | str:
        found = [[row_link("ledger_hold", id_)] for id_ in row.holds]
        return table(found, "Hold") if found else "—"


@admin.register(Hold)
class HoldWindow(OperatedWindow):
    """Holds on all accounts, the last placed first."""

    amount_, remaining_ = amount("amount"), amount("remaining_now", "remaining")

    key = "id"  # Ids are drawn in the order of time.
    id_, expires = id_column(), time_column("expires_at", "expires", none="never")
    list_display = ("id_", "account", "payee", "amount_", "remaining_", "status_", "expires")
    list_filter = (one_of("status", lambda: ("open", "captured", "released", "expired")),)
    search_fields = ("account",)
    search_help_text = "A hold's id, or the whole code of its account"
    fields = (
        *("id", "of_account", "for_payee", "amount_", "remaining_", "status_", "expires_at"),
        *("reference", "transfers_", "placed_", "last_"),
    )
    ways, page = HOLD, ITS_HOLD

    def search(self, rows: QuerySet[Hold], term: str) -> QuerySet[Hold]:
        if id_ := uuid(term):
            return rows.filter(id=id_)
        return self.among(rows, "account", term, key="placed")

    def prepare(self, rows: list[Any]) -> None:
        with_exponents(rows)

    @admin.display(description="status")
    def status_(self, row: Hold) -> str:
        return row.status_now

    @admin.display(description="account")
    def of_account(self, row: Hold) -> SafeString:
        return row_link("ledger_balance", row.account)

    @admin.display(description="payee")
    def for_payee(self, row: Hold) -> SafeString | str:
        return row_link("ledger_balance", row.payee) if row.payee else "—"

    @admin.display(description="transfers")
    def transfers_(self, row: Hold) -> SafeString | str:
        found = [[row_link("ledger_transfer", id_)] for id_ in row.transfers]
        return table(found, "Captured by") if found else "—"

    @admin.display(description="placed")
    def placed_(self, row: Hold) -> SafeString:
        return event_link(row.placed)

    @admin.display(description="last event")
    def last_(self, row: Hold) -> SafeString:
        return event_link(row.position)


@admin.register(Book)
class BookWindow(Window):
    """What is closed."""

    key, descending = "name", False
    list_display = ("name", "closed_through", "version")
    fields = (*list_display, "stream")

    def stream(self, row: Book) -> SafeString:
        return stream_link(BOOK, row.version)
