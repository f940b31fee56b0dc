"""Windows on the ledger's read tables."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString

from eventstore.cells import (
    entity_link,
    event_link,
    plain,
    row_link,
    shown_in,
    stream_link,
    table,
    uuid,
)
from eventstore.events.currencies import to_decimal_text
from eventstore.events.ledger import BOOK, account_stream, transfer_stream
from eventstore.window import Window, one_of
from projections.ledger import instruction_admin  # noqa: F401
from projections.ledger.activity_projector import KINDS
from projections.ledger.amounts import amount, decimal, with_exponents
from projections.ledger.corrections import ACCOUNT, HOLD, TRANSFER, OperatedWindow
from projections.ledger.models import (
    AccountDetails,
    Activity,
    Balance,
    Book,
    DailyTotal,
    Entry,
    Hold,
    Transfer,
)
from projections.ledger.windows import OfAccountWindow, PostedWindow

shown_in("account", "ledger_balance")
shown_in("transfer", "ledger_transfer")
shown_in("book", "ledger_book")
shown_in("hold", "ledger_hold")


@admin.register(Balance)
class BalanceWindow(OperatedWindow):
    """Accounts with their balances, by code."""

    posted_, held_, available_ = amount("posted"), amount("held"), amount("available")
    debits_, credits_ = amount("debits"), amount("credits")
    limit = amount("overdraft_limit", "overdraft limit")

    key, descending = "account", False
    list_display = ("account", "name", "posted_", "held_", "available_", "currency", "status")
    list_filter = (one_of("status", lambda: ("open", "frozen", "closed")),)
    search_fields = ("account",)
    search_help_text = "The beginning of a code, or the id of an owner"
    fields = (
        *("account", "name", "currency", "normal_balance", "status", "frozen_scope", "owner"),
        *("posted_", "held_", "available_", "debits_", "credits_", "limit", "metadata_"),
        *("stream", "last_entries"),
    )
    ways = ACCOUNT

    def search(self, rows: QuerySet[Balance], term: str) -> QuerySet[Balance]:
        owner = uuid(term)
        return self.among(rows, "owner", owner) if owner else rows.filter(account__startswith=term)

    @admin.display(description="metadata")
    def metadata_(self, row: Balance) -> str:
        return plain(row.metadata)

    def stream(self, row: Balance) -> SafeString:
        return stream_link(account_stream(row.account), row.version)

    def last_entries(self, row: Balance) -> SafeString:
        found = Entry.objects.filter(account=row.account).order_by("-position")[:20]
        return table(
            (
                (
                    row_link("ledger_entry", each.position),
                    each.direction,
                    to_decimal_text(each.amount, row.exponent),
                    each.effective_on,
                )
                for each in found
            ),
            *("Position", "Direction", "Amount", "Date"),
        )


@admin.register(AccountDetails)
class AccountDetailsWindow(OfAccountWindow):
    """What described accounts from which position on, newest first."""

    has_times = False
    limit = amount("overdraft_limit", "overdraft limit")

    list_display = ("position", "account", "name", "status", "limit")
    fields = (
        *("position", "of_account", "name", "status", "frozen_scope", "owner", "limit"),
        *("metadata_", "event"),
    )

    @admin.display(description="metadata")
    def metadata_(self, row: AccountDetails) -> str:
        return plain(row.metadata)


@admin.register(Entry)
class EntryWindow(OfAccountWindow):
    """Entries of all accounts, newest first."""

    amount_ = amount("amount")
    debits_ = amount("debits", "debits so far, this one included")
    credits_ = amount("credits", "credits so far, this one included")

    list_display = ("position", "account", "direction", "amount_", "effective_on", "moment")
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

    list_display = ("position", "account", "kind", "amount_", "moment")
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


@admin.register(Hold)
class HoldWindow(OperatedWindow):
    """Holds on all accounts, the last placed first."""

    amount_, remaining_ = amount("amount"), amount("remaining_now", "remaining")

    key = "id"  # Ids are drawn in the order of time.
    list_display = ("id", "account", "payee", "amount_", "remaining_", "status_", "expires_at")
    list_filter = (one_of("status", lambda: ("open", "captured", "released", "expired")),)
    search_fields = ("account",)
    search_help_text = "A hold's id, or the whole code of its account"
    fields = (
        *("id", "of_account", "for_payee", "amount_", "remaining_", "status_", "expires_at"),
        *("reference", "transfers_", "placed_", "last_"),
    )
    ways = HOLD

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
