"""Windows on the ledger's read tables."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString

from eventstore.events.currencies import to_decimal_text
from eventstore.events.ledger import account_stream, transfer_stream
from eventstore.reading import position_before
from eventstore.window import Window, event_link, one_of, plain, row_link, stream_link, table, uuid
from projections.ledger.models import Balance, Entry, Transfer


def _amount(name: str, title: str = "") -> Any:
    """A column of a row's amount in decimals; None is unlimited."""

    @admin.display(description=title or name)
    def shown(window: Window, row: Any) -> str:
        amount = getattr(row, name)
        return "unlimited" if amount is None else to_decimal_text(amount, row.exponent)

    return shown


@admin.register(Balance)
class BalanceWindow(Window):
    """Accounts with their balances, by code."""

    posted_, held_, available_ = _amount("posted"), _amount("held"), _amount("available")
    debits_, credits_ = _amount("debits"), _amount("credits")
    limit = _amount("overdraft_limit", "overdraft limit")

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

    def search(self, rows: QuerySet[Balance], term: str) -> QuerySet[Balance]:
        owner = uuid(term)
        return rows.filter(owner=owner) if owner else rows.filter(account__startswith=term)

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


@admin.register(Entry)
class EntryWindow(Window):
    """Entries of all accounts, newest first."""

    amount_ = _amount("amount")
    net_ = _amount("net", "credits less debits, this one included")

    has_times = True
    list_display = ("position", "account", "direction", "amount_", "effective_on", "moment")
    list_filter = (one_of("direction", lambda: ("debit", "credit")),)
    search_fields = ("account",)
    search_help_text = "A position, or the whole code of an account"
    fields = (
        *("position", "of_account", "direction", "amount_", "net_", "effective_on"),
        *("moment", "of_transfer", "event"),
    )

    def during(self, rows: QuerySet[Any], since: datetime, until: datetime) -> QuerySet[Any]:
        return _recorded(rows, since, until)

    def search(self, rows: QuerySet[Entry], term: str) -> QuerySet[Entry]:
        if term.isascii() and term.isdigit():
            return rows.filter(position=min(int(term), 2**63 - 1))
        return rows.filter(account=term)

    def prepare(self, rows: list[Any]) -> None:
        found = Balance.objects.in_bulk({row.account for row in rows})
        for row in rows:
            row.exponent = found[row.account].exponent if row.account in found else 0

    @admin.display(description="account")
    def of_account(self, row: Entry) -> SafeString:
        return row_link("ledger_balance", row.account)

    @admin.display(description="transfer")
    def of_transfer(self, row: Entry) -> SafeString:
        return row_link("ledger_transfer", row.transfer)

    def event(self, row: Entry) -> SafeString:
        return event_link(row.position)


@admin.register(Transfer)
class TransferWindow(Window):
    """Transfers, newest first."""

    has_times = True
    list_display = ("position", "id", "description", "reference", "effective_on", "moment")
    list_display_links = ("position", "id")
    search_fields = ("reference",)
    search_help_text = "A transfer's id, its position, or its whole reference"
    fields = (
        *("id", "position", "legs_", "effective_on", "moment", "description"),
        *("reference", "metadata_", "reverses", "reversed_by", "stream"),
    )

    def during(self, rows: QuerySet[Any], since: datetime, until: datetime) -> QuerySet[Any]:
        return _recorded(rows, since, until)

    def search(self, rows: QuerySet[Transfer], term: str) -> QuerySet[Transfer]:
        if id_ := uuid(term):
            return rows.filter(id=id_)
        found = rows.filter(reference=term)
        if term.isascii() and term.isdigit() and not found.exists():
            return rows.filter(position=min(int(term), 2**63 - 1))
        return found

    @admin.display(description="legs")
    def legs_(self, row: Transfer) -> SafeString:
        codes = Balance.objects.in_bulk({leg["account"] for leg in row.legs})
        return table(
            (
                (
                    row_link("ledger_balance", leg["account"]),
                    leg["direction"],
                    to_decimal_text(int(leg["amount"]), codes[leg["account"]].exponent),
                    codes[leg["account"]].currency,
                )
                for leg in row.legs
            ),
            *("Account", "Direction", "Amount", "Currency"),
        )

    @admin.display(description="metadata")
    def metadata_(self, row: Transfer) -> str:
        return plain(row.metadata)

    def stream(self, row: Transfer) -> SafeString:
        return stream_link(transfer_stream(row.id), 1)


def _recorded(rows: QuerySet[Any], since: datetime, until: datetime) -> QuerySet[Any]:
    return rows.filter(position__gt=position_before(since), position__lte=position_before(until))
