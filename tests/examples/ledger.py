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
    account_stream,
)
from tests.examples.people import Person

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
