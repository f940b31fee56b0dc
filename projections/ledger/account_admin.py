"""Windows on accounts and on what described them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from eventstore.cells import figure, link, plain, row_link, short_row_link, stream_link, table, uuid
from eventstore.events.currencies import to_decimal_text
from eventstore.events.ledger import account_stream
from eventstore.records import timestamp
from eventstore.window import one_of
from projections.ledger.amounts import amount
from projections.ledger.corrections import ACCOUNT, ITS_ACCOUNT, RELEASE, OperatedWindow
from projections.ledger.models import AccountDetails, Balance, Entry, Hold, StatementTime
from projections.ledger.owners import owner, user_named, with_owners
from projections.ledger.windows import OfAccountWindow

LISTED = 20
"""So many entries and open holds are on an account's page, the last ones."""


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
        *("open_holds", "last_entries", "stream"),
    )
    ways, page = ACCOUNT, ITS_ACCOUNT

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

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            found.is_operated = request.principal.may("operate")  # type: ignore[attr-defined]
            found.address = request.path
        return found

    @admin.display(description="open holds")
    def open_holds(self, row: Any) -> SafeString | str:
        still = Q(expires_at=None) | Q(expires_at__gt=StatementTime())
        among = Hold.objects.filter(still, account=row.account, status="open")
        found = list(among.order_by("-placed")[: LISTED + 1])
        rows = [
            (
                short_row_link("ledger_hold", each.id),
                _amount(each.remaining, row),
                row_link("ledger_balance", each.payee) if each.payee else "—",
                timestamp(each.expires_at) if each.expires_at else "never",
                link(RELEASE.to(each, row.address), RELEASE.label) if row.is_operated else "",
            )
            for each in found[:LISTED]
        ]
        if not rows:
            return "—"
        told = table(rows, "Hold", "Remaining", "Payee", "Expires", "")
        return told + self._all("ledger_hold", row) if len(found) > LISTED else told

    @admin.display(description="last entries")
    def last_entries(self, row: Balance) -> SafeString | str:
        among = Entry.objects.filter(account=row.account)
        found = list(among.order_by("-account", "-position")[: LISTED + 1])
        rows = [
            (
                row_link("ledger_entry", each.position),
                short_row_link("ledger_transfer", each.transfer),
                each.direction,
                _amount(each.amount, row),
                each.effective_on,
            )
            for each in found[:LISTED]
        ]
        if not rows:
            return "—"
        told = table(rows, "Position", "Transfer", "Direction", "Amount", "Date")
        return told + self._all("ledger_entry", row) if len(found) > LISTED else told

    def _all(self, window: str, row: Balance) -> SafeString:
        """To the list of all of the account's rows in another window."""
        address = reverse(f"admin:{window}_changelist")
        return link(f"{address}?{urlencode({'q': row.account})}", "All of them")


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


def _amount(minor: Any, of: Balance) -> SafeString:
    return figure(f"{to_decimal_text(int(minor), of.exponent)} {of.currency}")


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
