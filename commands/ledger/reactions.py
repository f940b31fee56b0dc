"""What the ledger does by itself when something has happened: tell, sweep, and say what failed."""

from collections.abc import Iterator
from uuid import UUID

from commands.access.people import principals
from commands.engine import readable
from commands.engine.reactions import Asked, Tell, reaction
from commands.engine.run import look
from commands.engine.spoken import saying
from commands.engine.watching import Happened
from commands.ledger.instruction_messages import SweepAccount
from commands.ledger.order_state import StandingOrder
from commands.ledger.state import Account
from eventstore.events.ledger import (
    AccountCredited,
    AccountDebited,
    AccountUnfrozen,
    AlertSet,
    HoldCaptured,
    HoldExpired,
    HoldPlaced,
    HoldReleased,
    OverdraftLimitChanged,
    SweepSet,
    account_stream,
)
from eventstore.events.orders import StandingOrderPlaced, StandingOrderSkipped

MOVES = (
    AccountDebited, AccountCredited, HoldPlaced, HoldCaptured, HoldReleased, HoldExpired,
    OverdraftLimitChanged,
)  # fmt: skip
"""What changes how much of an account is available."""
LOW = saying("{name} ({code}) has {left} available, less than {low}.")
SKIPPED = saying(
    "The standing order of {amount} from {payer} to {payee} was skipped on {day}: {code}."
)
SKIPPED_LAST = saying(
    "The standing order of {amount} from {payer} to {payee} was skipped on {day}: {code}. "
    "It has ended."
)


@reaction(
    "low_balance", AlertSet, *MOVES, watches=AlertSet, until=lambda account: account.low is None
)
def low_balance(happened: Happened) -> Iterator[Asked]:
    """Tell the owner each time what is available falls from at or above the alert to below it.

    Of an account that is nobody's, who set the alert is told.
    """
    before: Account = happened.before
    after: Account = happened.after
    if after.low is None or after.available is None:
        return
    was_enough = before.available is None or before.available >= after.low
    if not was_enough or after.available >= after.low:
        return
    if who := after.owner or _if_they_may_view(after.told):
        left, low = (_money(minor, after) for minor in (after.available, after.low))
        text = LOW.format(name=after.name, code=after.code, left=left, low=low)
        yield Tell(who, "low-balance", text, after.code)


@reaction(
    "sweep", SweepSet, AccountUnfrozen, *MOVES,
    watches=SweepSet, until=lambda account: account.sweep is None,
)  # fmt: skip
def sweep(happened: Happened) -> Iterator[Asked]:
    """Ask for what is beyond the limit to be moved; how much that is, the handler says."""
    account: Account = happened.after
    if account.sweep and account.posted - account.held > account.sweep.above:
        yield SweepAccount(
            account=account.code,
            to=account.sweep.to,
            transfer=happened.new_id("sweep"),
        )


@reaction(
    "skipped_order", StandingOrderPlaced, StandingOrderSkipped,
    watches=StandingOrderPlaced, until=lambda order: order.status != "open",
)  # fmt: skip
def skipped_order(happened: Happened) -> Iterator[Asked]:
    """Tell whose order it is, or whose account, that a date of it was skipped, and why.

    Where it is nobody's, who placed the order is told.
    """
    if not isinstance(happened.event, StandingOrderSkipped):
        return
    order: StandingOrder = happened.after
    payer: Account = look([account_stream(order.payer)])[account_stream(order.payer)]
    who = order.owner or payer.owner or _if_they_may_view(order.told)
    if who is not None:
        text = (SKIPPED_LAST if happened.event.is_last else SKIPPED).format(
            amount=_money(order.amount, payer),
            payer=order.payer,
            payee=order.payee,
            day=happened.event.on.isoformat(),
            code=happened.event.code.replace("-", " "),
        )
        yield Tell(who, "order-skipped", text, order.payer)


def _if_they_may_view(user: UUID | None) -> UUID | None:
    """Who set something on an account that is nobody's, unless they may not see it any more."""
    if user is None:
        return None
    who = principals([user]).get(user)
    return user if who and who.may("view") else None


def _money(minor: int, of: Account) -> str:
    return readable.decimal(minor, of.exponent, of.currency)
