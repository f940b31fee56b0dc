"""Rules about what an account is set to do: tell when little is left, send on what is too much."""

from dataclasses import dataclass
from typing import Any

from commands.access.principal import SYSTEM
from commands.engine.decider import Changes, Context, States, decides
from commands.engine.errors import Forbidden, Refused
from commands.ledger import answers
from commands.ledger.decider.accounts import own
from commands.ledger.decider.transfers import admitted, post_transfer
from commands.ledger.instruction_messages import SetAlert, SetSweep, SweepAccount
from commands.ledger.messages import PostTransfer
from commands.ledger.refusals import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    CurrencyMismatch,
    PayeeUnavailable,
    SameAccount,
    SweepNotPossible,
)
from commands.ledger.state import Account, Sweep
from eventstore.events.currencies import to_readable_text
from eventstore.events.ledger import AlertSet, SweepSet, account_stream, transfer_stream

MOST = 10**38 - 1
"""Minor units that one transfer can move."""


@decides(
    SetAlert,
    "set_alert",
    answer=answers.alert,
    shows=("alert",),
    refusals=(AccountNotFound, Forbidden, AccountClosed),
)
def set_alert(command: SetAlert, states: States, context: Context) -> Changes:
    account = _own_in_use(command.account, states, context)
    if account.low == command.low:
        return {}
    asker = None if account.owner or command.low is None else context.principal.user
    return {account_stream(command.account): AlertSet(low=command.low, told=asker)}


@decides(
    SetSweep,
    "set_sweep",
    answer=answers.sweep,
    shows=("sweep",),
    refusals=(
        AccountNotFound,
        Forbidden,
        AccountClosed,
        SameAccount,
        SweepNotPossible,
        PayeeUnavailable,
        CurrencyMismatch,
        AccountFrozen,
    ),
)
def set_sweep(command: SetSweep, states: States, context: Context) -> Changes:
    """What may be set is what could be transferred now, by whoever asks, funds apart."""
    account = _own_in_use(command.account, states, context)
    stream = account_stream(command.account)
    if command.above is None or command.to is None:
        return {stream: SweepSet(above=None)} if account.sweep else {}
    admitted(PostTransfer.between(command.account, command.to, 1), states, context)
    _require_sweepable(account, states[account_stream(command.to)], context)
    sweep = Sweep(above=command.above, to=command.to)
    return {} if account.sweep == sweep else {stream: SweepSet(above=sweep.above, to=sweep.to)}


def _require_sweepable(account: Account, to: Account, context: Context) -> None:
    """An account that is swept into is not swept itself: what is moved on for ever never rests."""
    if account.normal_balance == "debit":
        raise SweepNotPossible(account=account.code)
    if to.normal_balance == "debit" or to.sweep:
        if context.principal.sees(to.code, to.owner):
            raise SweepNotPossible(account=to.code, pointer="/to")
        raise PayeeUnavailable(pointer="/to")


def swept(command: SweepAccount, states: States, context: Context) -> dict[str, Any]:
    """What a sweep moved, or why it moved nothing."""
    legs = states[transfer_stream(command.transfer)].legs
    return {
        "swept": {
            "account": command.account,
            "to": command.to,
            "transfer": str(command.transfer) if legs else None,
            "amount": str(legs[0].amount) if legs else "0",
            "why": None if legs else _swept(command, states, context).why,
            "position": 0,
        }
    }


@decides(
    SweepAccount,
    "sweep_account",
    answer=swept,
    shows=("swept",),
    refusals=(Forbidden, AccountNotFound),
    internal=True,
)
def sweep_account(command: SweepAccount, states: States, context: Context) -> Changes:
    """It is decided on the account as it is by then: whoever asked saw it as it was before."""
    if context.principal.user != SYSTEM.user:
        raise Forbidden
    if not states[account_stream(command.account)].exists:
        raise AccountNotFound(account=command.account)
    return _swept(command, states, context).changes


@dataclass(frozen=True, slots=True)
class _Swept:
    """The events of a sweep, or why there are none."""

    changes: Changes
    why: str = ""


def _swept(command: SweepAccount, states: States, context: Context) -> _Swept:
    account = states[account_stream(command.account)]
    sweep = account.sweep
    if sweep is None:
        return _Swept({}, "switched-off")
    if sweep.to != command.to:
        return _Swept({}, "target-changed")
    # What an overdraft limit adds to what is available is not there to be moved.
    amount = min(account.posted - account.held - sweep.above, MOST)
    if amount <= 0:
        return _Swept({}, "nothing-to-move")
    above = f"{to_readable_text(sweep.above, account.exponent)} {account.currency}"
    asked = PostTransfer.between(
        command.account,
        command.to,
        amount,
        transfer=command.transfer,
        description=f"Sweep of what is above {above}",
    )
    try:
        return _Swept(post_transfer(asked, states, context))
    except Refused as refusal:
        return _Swept({}, refusal.code)


def _own_in_use(code: str, states: States, context: Context) -> Account:
    """An account that is not closed, for its owner and for those who operate the ledger."""
    account = own(code, states, context)
    if account.closed:
        raise AccountClosed(account=code)
    return account
