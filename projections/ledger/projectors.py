"""How events change the ledger's read tables: one function per event.

Those of the activity stand in a module of their own, which is imported to be known.
"""

from typing import Any
from uuid import UUID

from eventstore.events.ledger import (
    AccountClosed,
    AccountCredited,
    AccountDebited,
    AccountDetailsChanged,
    AccountFrozen,
    AccountOpened,
    AccountReopened,
    AccountUnfrozen,
    AlertSet,
    BooksClosed,
    BooksReopened,
    HoldCaptured,
    HoldExpired,
    HoldPlaced,
    HoldReleased,
    OverdraftLimitChanged,
    SweepSet,
    TransferPosted,
    TransferReversed,
    id_of,
)
from eventstore.records import Recorded
from eventstore.values import told
from projections.engine.projector import History, Parts, Projection
from projections.ledger import (
    activity_projector,  # noqa: F401
    instruction_projectors,  # noqa: F401
)
from projections.ledger.models import (
    AccountDetails,
    Balance,
    Book,
    DailyTotal,
    Entry,
    Hold,
    Transfer,
    day_key,
)

HoldEvent = HoldPlaced | HoldCaptured | HoldReleased | HoldExpired
Posting = AccountDebited | AccountCredited | HoldCaptured


def holds_of(event: HoldEvent, account: str) -> tuple[UUID, ...]:
    return event.holds if isinstance(event, HoldExpired) else (event.hold,)


def day_of(event: Posting, account: str) -> tuple[str]:
    return (day_key(account, event.effective_on),)


def transfer_id(stream: str) -> UUID:
    return UUID(id_of(stream))


balances = Projection(
    "balances",
    Balance,
    key=id_of,
    unsound="SELECT format('in %s the debits are %s, the credits are %s', currency, sum(debits),"
    " sum(credits)) FROM {table} GROUP BY currency HAVING sum(debits) <> sum(credits)",
)
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
    unsound="SELECT format('the %ss are %s', direction, sum(amount)) FROM {table}"
    " GROUP BY direction HAVING sum(amount) <> (SELECT sum(amount) / 2 FROM {table})"
    " ORDER BY direction",
)
transfers = Projection("transfers", Transfer, key=transfer_id)
holds = Parts("holds", Hold, rows=holds_of, key=id_of)
books = Projection("books", Book, key=id_of)
daily_totals = Parts("daily_totals", DailyTotal, rows=day_of, key=id_of, immediate=False)


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


@details.on(AccountDetailsChanged)
@balances.on(AccountDetailsChanged, changes=("name", "metadata", "owner", "version"))
def change_details(row: Any, event: AccountDetailsChanged, recorded: Recorded) -> None:
    for name, value in told(event).items():
        setattr(row, name, value)
    row.version = recorded.version


@details.on(OverdraftLimitChanged)
@balances.on(OverdraftLimitChanged, changes=("overdraft_limit", "version"))
def change_limit(row: Any, event: OverdraftLimitChanged, recorded: Recorded) -> None:
    row.overdraft_limit = event.overdraft_limit
    row.version = recorded.version


@details.on(AccountFrozen)
@balances.on(AccountFrozen, changes=("status", "frozen_scope", "version"))
def freeze(row: Any, event: AccountFrozen, recorded: Recorded) -> None:
    row.status, row.frozen_scope = "frozen", event.scope
    row.version = recorded.version


@details.on(AccountUnfrozen)
@balances.on(AccountUnfrozen, changes=("status", "frozen_scope", "version"))
def unfreeze(row: Any, event: AccountUnfrozen, recorded: Recorded) -> None:
    row.status, row.frozen_scope = "open", None
    row.version = recorded.version


@details.on(AccountClosed)
@balances.on(AccountClosed, changes=("status", "version"))
def close(row: Any, event: AccountClosed, recorded: Recorded) -> None:
    row.status = "closed"
    row.version = recorded.version


@details.on(AccountReopened)
@balances.on(AccountReopened, changes=("status", "frozen_scope", "version"))
def reopen(row: Any, event: AccountReopened, recorded: Recorded) -> None:
    row.status = "frozen" if row.frozen_scope else "open"
    row.version = recorded.version


@balances.on(HoldPlaced, HoldReleased, HoldExpired, AlertSet, SweepSet, changes=("version",))
def count(row: Any, event: Any, recorded: Recorded) -> None:
    row.version = recorded.version


@balances.on(AccountDebited, HoldCaptured, changes=("debits", "version"))
def add_debit(row: Any, event: AccountDebited | HoldCaptured, recorded: Recorded) -> None:
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
    row.version = recorded.version


@entries.on(AccountDebited, HoldCaptured)
def enter_debit(row: Any, event: AccountDebited | HoldCaptured, recorded: Recorded) -> None:
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


def _enter(row: Any, event: Posting, recorded: Recorded) -> None:
    row.transfer = event.transfer
    row.amount = event.amount
    row.recorded_at = recorded.recorded_at


@daily_totals.on(AccountDebited, AccountCredited, HoldCaptured)
def count_up(row: Any, event: Posting, recorded: Recorded) -> None:
    row.account, row.day = id_of(recorded.stream), event.effective_on
    if isinstance(event, AccountCredited):
        row.credits += event.amount
    else:
        row.debits += event.amount
    row.entries += 1


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
    row.reverses = event.reverses


@transfers.on(TransferReversed, changes=("reversed_by",))
def undo(row: Any, event: TransferReversed, recorded: Recorded) -> None:
    row.reversed_by = event.reversal


@holds.on(HoldPlaced)
def place(row: Any, event: HoldPlaced, recorded: Recorded) -> None:
    row.account = id_of(recorded.stream)
    row.amount = row.remaining = event.amount
    row.expires_at = event.expires_at
    row.payee = event.payee
    row.reference = event.reference
    row.transfers = []
    row.position = row.placed = recorded.position


@holds.on(HoldCaptured, changes=("remaining", "status", "transfers", "position", "ended"))
def capture(row: Any, event: HoldCaptured, recorded: Recorded) -> None:
    row.remaining -= event.amount
    row.transfers = [*row.transfers, str(event.transfer)]
    row.position = recorded.position
    if event.final or not row.remaining:
        end(row, "captured", recorded)


@holds.on(HoldReleased, HoldExpired, changes=("remaining", "status", "position", "ended"))
def let_go(row: Any, event: HoldReleased | HoldExpired, recorded: Recorded) -> None:
    end(row, "released" if isinstance(event, HoldReleased) else "expired", recorded)


def end(row: Any, status: str, recorded: Recorded) -> None:
    row.remaining, row.status = 0, status
    row.position = row.ended = recorded.position


@books.on(BooksClosed, BooksReopened)
def move_closing(row: Any, event: BooksClosed | BooksReopened, recorded: Recorded) -> None:
    row.closed_through = event.through
    row.version = recorded.version
