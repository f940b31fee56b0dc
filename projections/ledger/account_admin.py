"""Windows on accounts and on what described them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.utils.safestring import SafeString

from eventstore.cells import plain, row_link, stream_link, table, uuid
from eventstore.events.currencies import to_decimal_text
from eventstore.events.ledger import account_stream
from eventstore.window import one_of
from projections.ledger.amounts import amount
from projections.ledger.corrections import ACCOUNT, OperatedWindow
from projections.ledger.models import AccountDetails, Balance, Entry
from projections.ledger.owners import owner, user_named, with_owners
from projections.ledger.windows import OfAccountWindow


@admin.register(Balance)
class BalanceWindow(OperatedWindow):
    """Accounts with their balances, by code."""

    posted_, held_, available_ = amount("posted"), amount("held"), amount("available")
    debits_, credits_ = amount("debits"), amount("credits")
    limit = amount("overdraft_limit", "overdraft limit")

    owner_ = owner

    key, descending = "account", False
    list_display = (
        *("account", "name", "owner_", "posted_", "held_", "available_", "currency", "status"),
    )
    list_filter = (one_of("status", lambda: ("open", "frozen", "closed")),)
    search_fields = ("account",)
    search_help_text = (
        "The beginning of a code, or else an owner's name or the beginning of an account's."
        " @ann is whatever Ann owns"
    )
    fields = (
        *("account", "name", "currency", "normal_balance", "status", "frozen_scope", "owner_"),
        *("posted_", "held_", "available_", "debits_", "credits_", "limit", "metadata_"),
        *("stream", "last_entries"),
    )
    ways = ACCOUNT

    def search(self, rows: QuerySet[Balance], term: str) -> QuerySet[Balance]:
        way, value = _meant(term)
        if way == "owner":
            return self.among(rows, "owner", value)
        return rows.filter(account__startswith=term) if way == "code" else rows

    def sieve(self, term: str) -> Sequence[Any]:
        way, value = _meant(term)
        return [Q(name__istartswith=value)] if way == "name" else []

    def prepare(self, rows: list[Any]) -> None:
        with_owners(rows)

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
    owner_ = owner

    list_display = ("position", "account", "name", "status", "limit")
    fields = (
        *("position", "of_account", "name", "status", "frozen_scope", "owner_", "limit"),
        *("metadata_", "event"),
    )

    def prepare(self, rows: list[Any]) -> None:
        super().prepare(rows)
        with_owners(rows)

    @admin.display(description="metadata")
    def metadata_(self, row: AccountDetails) -> str:
        return plain(row.metadata)


def _meant(term: str) -> tuple[str, Any]:
    """What a term says of accounts, and the value that it says: their owner, code, or name."""
    if id_ := uuid(term):
        return "owner", id_
    if term.startswith("@"):
        return "owner", user_named(term[1:]) or UUID(int=0)
    if Balance.objects.filter(account__startswith=term).exists():
        return "code", term
    id_ = user_named(term)
    return ("owner", id_) if id_ else ("name", term)
