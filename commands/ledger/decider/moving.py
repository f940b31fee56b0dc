"""What every movement of value must respect: accounts in use, open periods, and funds."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from commands.engine.decider import Context, States
from commands.ledger.refusals import (
    AccountClosed,
    AccountFrozen,
    BooksClosed,
    DateInFuture,
    InsufficientFunds,
)
from commands.ledger.state import Account
from eventstore.events.ledger import (
    BOOK,
    AccountCredited,
    AccountDebited,
    Direction,
    Leg,
    account_stream,
)


def nets_of(legs: Iterable[Leg]) -> dict[str, int]:
    """Each account's net, credits positive: an account in several legs changes once."""
    nets: dict[str, int] = defaultdict(int)
    for leg in legs:
        nets[leg.account] += leg.amount if leg.direction == "credit" else -leg.amount
    return nets


def require_in_use(account: Account, direction: Direction) -> None:
    """Refuse a closed account, and one that is frozen in this direction."""
    if account.closed:
        raise AccountClosed(account=account.code)
    if account.refuses(direction):
        raise AccountFrozen(account=account.code, scope=account.frozen_scope)


def business_date(asked: date | None, states: States, context: Context) -> date:
    """The date that a movement belongs to: not a later one than today, in an open period."""
    day, today = asked or context.today, context.today
    if day > today:
        raise DateInFuture(
            effective_on=day.isoformat(), today=today.isoformat(), pointer="/effective_on"
        )
    require_open(day, states)
    return day


def require_open(day: date, states: States) -> None:
    """Refuse a business date for which the books are closed."""
    closed = states[BOOK].closed_through
    if closed is not None and day <= closed:
        raise BooksClosed(
            effective_on=day.isoformat(), closed_through=closed.isoformat(), pointer="/effective_on"
        )


def direction_of(net: int) -> Direction:
    return "debit" if net < 0 else "credit"


def cover(account: Account, net: int) -> None:
    """Refuse an outflow beyond what is available; both totals count by their net."""
    if not net or not account.lowered_by(direction_of(net)):
        return
    available = account.available
    if available is not None and abs(net) > available:
        raise InsufficientFunds(
            account=account.code,
            currency=account.currency,
            available=available,
            requested=abs(net),
        )


def moved(nets: Mapping[str, int], transfer: UUID, effective_on: date) -> dict[str, object]:
    """The event of each account that a transfer changes."""
    return {
        account_stream(code): (AccountDebited if net < 0 else AccountCredited)(
            transfer=transfer, amount=abs(net), effective_on=effective_on
        )
        for code, net in nets.items()
        if net
    }
