"""How events change the ledger's read tables: one function per event."""

from typing import Any
from uuid import UUID

from eventstore.events.ledger import (
    AccountCredited,
    AccountDebited,
    AccountDetailsChanged,
    AccountOpened,
    TransferPosted,
    id_of,
)
from eventstore.records import Recorded
from eventstore.values import told
from projections.engine.projector import History, Projection
from projections.ledger.models import AccountDetails, Balance, Entry, Transfer


def transfer_id(stream: str) -> UUID:
    return UUID(id_of(stream))


balances = Projection("balances", Balance, key=id_of)
details = History(
    "details",
    AccountDetails,
    carried={
        ("account",): ("name", "overdraft_limit", "owner", "status", "frozen_scope", "metadata")
    },
    key=id_of,
)
entries = History(
    "entries",
    Entry,
    carried={
        ("account",): ("debits", "credits"),
        ("account", "effective_on"): ("day_debits", "day_credits"),
    },
    key=id_of,
    version=2,
)
transfers = Projection("transfers", Transfer, key=transfer_id)


@balances.on(AccountOpened)
def open_account(row: Any, event: AccountOpened, recorded: Recorded) -> None:
    row.name = event.name
    row.currency = event.currency
    row.exponent = event.exponent
    row.normal_balance = event.normal_balance
    row.overdraft_limit = event.overdraft_limit
    row.owner = event.owner
    row.metadata = event.metadata
    row.version = recorded.version


@balances.on(AccountDetailsChanged, changes=("name", "metadata", "owner", "version"))
def change_details(row: Any, event: AccountDetailsChanged, recorded: Recorded) -> None:
    for name, value in told(event).items():
        setattr(row, name, value)
    row.version = recorded.version


@balances.on(AccountDebited, changes=("debits", "version"))
def add_debit(row: Any, event: AccountDebited, recorded: Recorded) -> None:
    row.debits += event.amount
    row.version = recorded.version


@balances.on(AccountCredited, changes=("credits", "version"))
def add_credit(row: Any, event: AccountCredited, recorded: Recorded) -> None:
    row.credits += event.amount
    row.version = recorded.version


@details.on(AccountOpened)
def describe(row: Any, event: AccountOpened, recorded: Recorded) -> None:
    row.name = event.name
    row.overdraft_limit = event.overdraft_limit
    row.owner = event.owner
    row.metadata = event.metadata


@details.on(AccountDetailsChanged)
def describe_anew(row: Any, event: AccountDetailsChanged, recorded: Recorded) -> None:
    for name, value in told(event).items():
        setattr(row, name, value)


@entries.on(AccountDebited)
def enter_debit(row: Any, event: AccountDebited, recorded: Recorded) -> None:
    row.direction = "debit"
    row.debits += event.amount
    row.day_debits += event.amount
    _enter(row, event, recorded)


@entries.on(AccountCredited)
def enter_credit(row: Any, event: AccountCredited, recorded: Recorded) -> None:
    row.direction = "credit"
    row.credits += event.amount
    row.day_credits += event.amount
    _enter(row, event, recorded)


def _enter(row: Any, event: AccountDebited | AccountCredited, recorded: Recorded) -> None:
    row.transfer = event.transfer
    row.amount = event.amount
    row.recorded_at = recorded.recorded_at


@transfers.on(TransferPosted)
def post(row: Any, event: TransferPosted, recorded: Recorded) -> None:
    row.position = recorded.position
    row.recorded_at = recorded.recorded_at
    row.legs = [
        {"account": leg.account, "direction": leg.direction, "amount": str(leg.amount)}
        for leg in event.legs
    ]
    row.effective_on = event.effective_on
    row.description = event.description
    row.reference = event.reference
    row.metadata = event.metadata
