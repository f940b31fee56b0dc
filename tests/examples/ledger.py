"""The examples that tests tell their stories with; amounts are in cents."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from commands.ledger.messages import OpenAccount, PostTransfer
from eventstore.events.ledger import (
    AccountClosed,
    AccountCredited,
    AccountDebited,
    AccountFrozen,
    AccountOpened,
    HoldPlaced,
    Leg,
    Scope,
    SweepSet,
    account_stream,
)
from eventstore.events.orders import StandingOrderPlaced, StandingOrderSkipped, order_stream
from tests.examples.people import ANN, Person

EARLIER = UUID(int=0xE41)


def opened(code: str = "ann", owner: Person | None = None, **facts: Any) -> AccountOpened:
    """An account in euros, credit-normal, without overdraft, unless the facts say otherwise."""
    said = {"currency": "EUR", "exponent": 2, "normal_balance": "credit", "overdraft_limit": 0}
    return AccountOpened(
        code=code,
        name=code.title(),
        owner=owner.id if owner else None,
        **{**said, **facts},
    )


def world(code: str = "world", **facts: Any) -> AccountOpened:
    """The outside world, whence money comes: unlimited overdraft."""
    return opened(code, overdraft_limit=None, **facts)


def credited(code: str, amount: int) -> tuple[str, AccountCredited]:
    """The account was credited earlier."""
    event = AccountCredited(transfer=EARLIER, amount=amount, effective_on=date(2026, 1, 2))
    return account_stream(code), event


def debited(code: str, amount: int) -> tuple[str, AccountDebited]:
    """The account was debited earlier."""
    event = AccountDebited(transfer=EARLIER, amount=amount, effective_on=date(2026, 1, 2))
    return account_stream(code), event


def frozen(code: str, scope: Scope = "all") -> tuple[str, AccountFrozen]:
    """The account was frozen earlier."""
    return account_stream(code), AccountFrozen(scope=scope, reason="Stolen")


def closed(code: str) -> tuple[str, AccountClosed]:
    """The account was closed earlier."""
    return account_stream(code), AccountClosed(reason="Left")


def held(
    code: str,
    amount: int,
    hold: UUID,
    *,
    payee: str | None = None,
    until: datetime | None = None,
    reference: str = "",
) -> tuple[str, HoldPlaced]:
    """A part of the account was set aside earlier."""
    placed = HoldPlaced(
        hold=hold, amount=amount, expires_at=until, payee=payee, reference=reference
    )
    return account_stream(code), placed


def swept(code: str, above: int | None, to: str | None) -> tuple[str, SweepSet]:
    """A sweep of the account was set earlier."""
    return account_stream(code), SweepSet(above=above, to=to)


def ordered(
    order: UUID, owner: Person | None = ANN, **about: Any
) -> tuple[str, StandingOrderPlaced]:
    """Ann was to pay Bob 3.00 a month from 2026-11-23 on, unless it is about something else."""
    said = {"amount": 300, "every": "month", "first_on": date(2026, 11, 23), **about}
    placed = StandingOrderPlaced(payer="ann", payee="bob", owner=owner and owner.id, **said)
    return order_stream(order), placed


def order_skipped(order: UUID, day: str) -> tuple[str, StandingOrderSkipped]:
    """For a date of the order there was not enough."""
    on = date.fromisoformat(day)
    return order_stream(order), StandingOrderSkipped(on=on, code="insufficient-funds")


def debit(account: str, amount: int) -> Leg:
    return Leg(account, "debit", amount)


def credit(account: str, amount: int) -> Leg:
    return Leg(account, "credit", amount)


def transfer(*legs: Leg, **about: Any) -> PostTransfer:
    return PostTransfer(legs=legs, **about)


def pay(source: str, target: str, amount: int, **about: Any) -> PostTransfer:
    """A transfer as from, to, amount."""
    return transfer(debit(source, amount), credit(target, amount), short=True, **about)


def open_account(code: str = "ann", **about: Any) -> OpenAccount:
    return OpenAccount(code=code, name=code.title(), **{"currency": "EUR", **about})
