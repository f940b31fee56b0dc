"""Rules about standing orders: placed as transfers are, run from date to date, cancelled once."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from commands.access.principal import SYSTEM, Principal
from commands.engine.decider import Changes, Context, States, decides
from commands.engine.errors import Forbidden, Refused
from commands.ledger import answers
from commands.ledger.decider.transfers import admitted, post_transfer
from commands.ledger.instruction_messages import (
    CancelStandingOrder,
    PlaceStandingOrder,
    RunStandingOrder,
)
from commands.ledger.messages import PostTransfer
from commands.ledger.order_state import StandingOrder
from commands.ledger.refusals import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    CurrencyMismatch,
    DateInPast,
    OrderNotFound,
    OrderNotOpen,
    OwnerChanged,
    PayeeUnavailable,
    SameAccount,
)
from eventstore.events.ledger import BOOK, account_stream
from eventstore.events.orders import (
    StandingOrderCancelled,
    StandingOrderPlaced,
    StandingOrderRun,
    StandingOrderSkipped,
    order_stream,
)


@decides(
    PlaceStandingOrder,
    "place_standing_order",
    answer=answers.standing_order,
    shows=("standing_order",),
    refusals=(
        SameAccount,
        Forbidden,
        AccountNotFound,
        PayeeUnavailable,
        CurrencyMismatch,
        AccountClosed,
        AccountFrozen,
        DateInPast,
    ),
    created=True,
)
def place_standing_order(command: PlaceStandingOrder, states: States, context: Context) -> Changes:
    """Who may post its transfer now may place it; what is available counts when it is run.

    An owner's order is run with an owner's rights, whatever else they may when they place it.
    """
    user, payer = context.principal.user, states[account_stream(command.payer)]
    admitted(_transfer(command), states, context)
    if payer.owner == user:
        admitted(_transfer(command), states, _as_owner(context, user))
    _require_not_before(command.first_on, context.today, "first_on")
    if command.last_on is not None:
        _require_not_before(command.last_on, command.first_on, "last_on")
    placed = StandingOrderPlaced(
        payer=command.payer,
        payee=command.payee,
        amount=command.amount,
        every=command.every,
        first_on=command.first_on,
        last_on=command.last_on,
        description=command.description,
        owner=user if payer.owner == user else None,
        told=None if payer.owner == user else user,
    )
    return {order_stream(command.order): placed}


@decides(
    CancelStandingOrder,
    "cancel_standing_order",
    answer=answers.standing_order,
    shows=("standing_order",),
    refusals=(OrderNotFound, Forbidden, OrderNotOpen),
)
def cancel_standing_order(
    command: CancelStandingOrder, states: States, context: Context
) -> Changes:
    """Whose account it takes from may, and who operates the ledger."""
    stream, principal = order_stream(command.order), context.principal
    order: StandingOrder = states[stream]
    payer = states[account_stream(order.payer)] if order.exists else None
    if payer is None or not principal.sees(order.payer, payer.owner):
        raise OrderNotFound(order=str(command.order))
    if not (principal.may("operate") or payer.owner == principal.user):
        raise Forbidden
    if order.status != "open":
        raise OrderNotOpen(order=str(command.order), state=order.status)
    return {stream: StandingOrderCancelled(reason=command.reason)}


@decides(
    RunStandingOrder,
    "run_standing_order",
    answer=answers.standing_order,
    shows=("standing_order",),
    refusals=(Forbidden, OrderNotFound, OwnerChanged),  # The last is what a date is skipped with.
    internal=True,
)
def run_standing_order(command: RunStandingOrder, states: States, context: Context) -> Changes:
    """Of each date something comes once, and in turn: whoever is second finds the next one."""
    if context.principal.user != SYSTEM.user:
        raise Forbidden
    stream = order_stream(command.order)
    order: StandingOrder = states[stream]
    if not order.exists:
        raise OrderNotFound(order=str(command.order))
    on = order.next_on
    if on is None or (effective_on := _open_day(on, states)) > context.today:
        return {}
    try:
        posted = _posted(command, order, effective_on, states, context)
    except Refused as refusal:
        return {stream: StandingOrderSkipped(on=on, code=_code(refusal, order))}
    return {stream: StandingOrderRun(on=on, transfer=command.transfer), **posted}


def _posted(
    command: RunStandingOrder,
    order: StandingOrder,
    effective_on: date,
    states: States,
    context: Context,
) -> Changes:
    """The events of an order's transfer, if the owner who placed it could post it still."""
    if order.owner is not None:
        if order.owner != states[account_stream(order.payer)].owner:
            raise OwnerChanged(account=order.payer)
        context = _as_owner(context, order.owner)
    asked = _transfer(order, transfer=command.transfer, effective_on=effective_on)
    return post_transfer(asked, states, context)


def _as_owner(context: Context, owner: UUID) -> Context:
    """For somebody without any other right."""
    return replace(context, principal=Principal(user=owner, name=""))


def _code(refusal: Refused, order: StandingOrder) -> str:
    """Why a date was skipped: who may see the payer may not see what is wrong with the payee."""
    of_payee = refusal.facts.get("account") == order.payee
    return PayeeUnavailable.code if of_payee else refusal.code


def _open_day(on: date, states: States) -> date:
    """The business date of what is due on a day: that day, or the first one that is open."""
    closed = states[BOOK].closed_through
    return on if closed is None or on > closed else closed + timedelta(days=1)


def _transfer(of: PlaceStandingOrder | StandingOrder, **about: Any) -> PostTransfer:
    return PostTransfer.between(of.payer, of.payee, of.amount, description=of.description, **about)


def _require_not_before(day: date, earliest: date, name: str) -> None:
    if day < earliest:
        said = {name: day.isoformat(), "earliest": earliest.isoformat()}
        raise DateInPast(pointer=f"/{name}", **said)
