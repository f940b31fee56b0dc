"""Rules about holds: placed on what is available, and captured, released or expired once."""

from dataclasses import dataclass
from datetime import timedelta

from commands.access.principal import SYSTEM
from commands.engine.decider import Changes, Context, States, decides
from commands.engine.errors import Forbidden
from commands.ledger import answers
from commands.ledger.decider.accounts import own
from commands.ledger.decider.moving import cover, require_in_use, require_open
from commands.ledger.messages import CaptureHold, ExpireHolds, PlaceHold, ReleaseHold
from commands.ledger.refusals import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    BooksClosed,
    CurrencyMismatch,
    ExceedsHold,
    HoldNotFound,
    HoldNotOpen,
    HoldNotPossible,
    InsufficientFunds,
    PayeeMismatch,
    PayeeMissing,
    PayeeUnavailable,
    SameAccount,
    TooManyCaptures,
    TooManyHolds,
)
from commands.ledger.state import Account, Hold
from eventstore.events.ledger import (
    AccountCredited,
    HoldCaptured,
    HoldExpired,
    HoldPlaced,
    HoldReleased,
    Leg,
    TransferPosted,
    account_stream,
    transfer_stream,
)

MOST_CAPTURES = 100
"""Transfers that a hold tells of, each in every answer about it."""
MOST_EXPIRED = 1_000
"""Holds whose ids fit into one event."""


@decides(
    PlaceHold,
    "place_hold",
    answer=answers.placed_hold,
    shows=("hold",),
    refusals=(
        AccountNotFound,
        Forbidden,
        SameAccount,
        HoldNotPossible,
        AccountClosed,
        AccountFrozen,
        PayeeUnavailable,
        CurrencyMismatch,
        TooManyHolds,
        InsufficientFunds,
    ),
    created=True,
)
def place_hold(command: PlaceHold, states: States, context: Context) -> Changes:
    account = own(command.account, states, context)
    if command.payee == command.account:
        raise SameAccount(account=command.account)
    if account.normal_balance == "debit":
        raise HoldNotPossible(account=command.account)
    require_in_use(account, "debit")
    if command.payee is not None:
        _require_payee(command.payee, account, states, context)
    if len(account.holds) >= context.max_open_holds:
        raise TooManyHolds(account=command.account, limit=context.max_open_holds)
    cover(account, -command.amount)
    seconds = command.expires_in
    return {
        account_stream(command.account): HoldPlaced(
            hold=command.hold,
            amount=command.amount,
            expires_at=None if seconds is None else context.now + timedelta(seconds=seconds),
            payee=command.payee,
            reference=command.reference,
        )
    }


def _require_payee(code: str, payer: Account, states: States, context: Context) -> None:
    """A payee that could be credited now. Who may not see it learns only whether that is so."""
    principal, payee = context.principal, states[account_stream(code)]
    if payee.exists and principal.sees(code, payee.owner):
        if payee.normal_balance == "debit" and not principal.may("operate"):
            raise Forbidden
        _require_like(payer, payee)
        require_in_use(payee, "credit")
    elif principal.may("view"):
        raise AccountNotFound(account=code, pointer="/payee")
    else:
        plain = payee.normal_balance == "credit" and payee.currency == payer.currency
        if not (plain and payee.exists and not payee.closed and not payee.refuses("credit")):
            raise PayeeUnavailable(pointer="/payee")


def _require_like(payer: Account, payee: Account) -> None:
    if payee.currency != payer.currency:
        raise CurrencyMismatch(accounts={each.code: each.currency for each in (payer, payee)})


@decides(
    CaptureHold,
    "capture_hold",
    answer=answers.captured_hold,
    shows=("hold", "transfer"),
    refusals=(
        AccountNotFound,
        HoldNotFound,
        Forbidden,
        HoldNotOpen,
        PayeeMissing,
        PayeeMismatch,
        SameAccount,
        CurrencyMismatch,
        ExceedsHold,
        TooManyCaptures,
        AccountClosed,
        AccountFrozen,
        BooksClosed,
        InsufficientFunds,
    ),
    created=True,
)
def capture_hold(command: CaptureHold, states: States, context: Context) -> Changes:
    """The funds were checked when the hold was placed: what is held is there."""
    payer, hold = _open_hold(command, states, context)
    payee = _payee_of(command, hold, states, context)
    _require_like(payer, payee)
    amount = hold.remaining if command.amount is None else command.amount
    if amount > hold.remaining:
        raise ExceedsHold(
            hold=str(command.hold), remaining=hold.remaining, requested=amount, pointer="/amount"
        )
    ends = command.final or amount == hold.remaining
    if not ends and len(hold.transfers) + 1 >= MOST_CAPTURES:
        raise TooManyCaptures(hold=str(command.hold), limit=MOST_CAPTURES, pointer="/final")
    require_in_use(payer, "debit")
    require_in_use(payee, "credit")
    require_open(context.today, states)
    cover(payee, amount)
    transfer, today = command.transfer, context.today
    captured = HoldCaptured(
        hold=command.hold,
        amount=amount,
        final=command.final,
        transfer=transfer,
        effective_on=today,
    )
    legs = Leg(payer.code, "debit", amount), Leg(payee.code, "credit", amount)
    return {
        account_stream(payer.code): captured,
        transfer_stream(transfer): TransferPosted(
            legs=legs, effective_on=today, reference=hold.reference
        ),
        account_stream(payee.code): AccountCredited(
            transfer=transfer, amount=amount, effective_on=today
        ),
    }


@decides(
    ReleaseHold,
    "release_hold",
    answer=answers.changed_hold,
    shows=("hold",),
    refusals=(AccountNotFound, HoldNotFound, Forbidden, HoldNotOpen),
)
def release_hold(command: ReleaseHold, states: States, context: Context) -> Changes:
    _open_hold(command, states, context)
    released = HoldReleased(hold=command.hold, reason=command.reason)
    return {account_stream(command.account): released}


@decides(
    ExpireHolds,
    "expire_holds",
    answer=answers.changed_account,
    shows=("account",),
    refusals=(Forbidden, AccountNotFound),
    internal=True,
)
def expire_holds(command: ExpireHolds, states: States, context: Context) -> Changes:
    """Whoever was first has expired them: for the next there is nothing to do.

    So many fit into one event; the others are due still.
    """
    if context.principal.user != SYSTEM.user:
        raise Forbidden
    stream = account_stream(command.account)
    account = states[stream]
    if not account.exists:
        raise AccountNotFound(account=command.account)
    overdue = account.overdue(context.now)[:MOST_EXPIRED]
    return {stream: HoldExpired(holds=overdue)} if overdue else {}


@dataclass(frozen=True, slots=True)
class _Found:
    """A hold as it was placed: it stays findable when it is no longer open."""

    payee: str | None
    hold: Hold | None


def _found(command: CaptureHold | ReleaseHold, payer: Account, context: Context) -> _Found | None:
    hold, placed = payer.holds.get(command.hold), context.facts.get(command.hold)
    if hold is not None:
        return _Found(hold.payee, hold)
    if placed is None or placed.stream != account_stream(command.account):
        return None
    if isinstance(placed.event, HoldPlaced):
        return _Found(placed.event.payee, None)
    return None


def _open_hold(
    command: CaptureHold | ReleaseHold, states: States, context: Context
) -> tuple[Account, Hold]:
    """The payer and the open hold, for those who may end it: its payee's owner, or staff."""
    payer, principal = states[account_stream(command.account)], context.principal
    found = _found(command, payer, context)
    code = found.payee if found else None
    payee = states[account_stream(code)] if code else None
    sees_payer = payer.exists and principal.sees(command.account, payer.owner)
    if not sees_payer and not (payee and principal.sees(payee.code, payee.owner)):
        raise AccountNotFound(account=command.account)
    if found is None:
        raise HoldNotFound(hold=str(command.hold))
    sees_payee = payee is None or principal.sees(payee.code, payee.owner)
    operates = principal.may("operate") and sees_payer and sees_payee
    if not (operates or (payee and sees_payee and payee.owner == principal.user)):
        raise Forbidden
    if found.hold is None:
        raise HoldNotOpen(hold=str(command.hold))
    return payer, found.hold


def _payee_of(command: CaptureHold, hold: Hold, states: States, context: Context) -> Account:
    """Who gets what is captured: whom the hold was placed for, else whom the capture names."""
    named = str(command.hold)
    code = hold.payee or command.payee
    if code is None:
        raise PayeeMissing(hold=named, pointer="/payee")
    if command.payee not in (None, code):
        raise PayeeMismatch(hold=named, pointer="/payee")
    if code == command.account:
        raise SameAccount(account=code)
    payee: Account = states[account_stream(code)]
    if hold.payee is None and not (payee.exists and context.principal.sees(code, payee.owner)):
        raise AccountNotFound(account=code, pointer="/payee")
    return payee
