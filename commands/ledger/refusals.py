"""Every "no" of the ledger: a code, a sentence, and the facts that led to it."""

from commands.engine.errors import Refused
from eventstore.events.orders import OWNER_CHANGED


class AccountNotFound(Refused):
    """There is no such account, or you may not see it."""

    code = "account-not-found"
    status = 404
    example = {"account": "customers:alan", "pointer": "/from"}


class UserNotFound(Refused):
    """There is no user with this id."""

    code = "user-not-found"
    status = 404
    example = {"user": "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60", "pointer": "/owner"}


class AccountExists(Refused):
    """An account with this code exists already; choose another code."""

    code = "account-exists"
    example = {"account": "customers:alan", "pointer": "/code"}


class PayeeUnavailable(Refused):
    """This payee cannot be paid; check the code with whoever gave it to you."""

    code = "payee-unavailable"
    example = {"pointer": "/to"}


class SameAccount(Refused):
    """A transfer changes two different accounts at least."""

    code = "same-account"
    example = {"account": "customers:alan"}


class CurrencyMismatch(Refused):
    """The accounts are not in one currency; post legs that balance in each currency."""

    code = "currency-mismatch"
    example = {"accounts": {"customers:alan": "EUR", "customers:grace": "USD"}}


class NotBalanced(Refused):
    """In each currency the debits must equal the credits."""

    code = "not-balanced"
    example = {"currency": "EUR", "difference": -200}


class DateInFuture(Refused):
    """The business date lies in the future; post it on that day."""

    code = "date-in-future"
    example = {"effective_on": "2026-11-24", "today": "2026-11-23", "pointer": "/effective_on"}


class ReferenceExists(Refused):
    """Another transfer has this reference, and each may be used once; choose another."""

    code = "reference-exists"
    example = {
        "reference": "order-17",
        "transfer": "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60",
        "pointer": "/reference",
    }


class InsufficientFunds(Refused):
    """The account does not have this much available."""

    code = "insufficient-funds"
    example = {
        "account": "customers:alan",
        "currency": "EUR",
        "available": 1250,
        "requested": 1251,
    }


class TransferNotFound(Refused):
    """There is no such transfer, or you may not see it."""

    code, status = "transfer-not-found", 404
    example = {"transfer": "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60"}


class HoldNotFound(Refused):
    """There is no such hold on this account, or you may not see it."""

    code, status = "hold-not-found", 404
    example = {"hold": "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60"}


class AccountClosed(Refused):
    """The account is closed; reopen it, or use another one."""

    code = "account-closed"
    example = {"account": "customers:alan"}


class AccountFrozen(Refused):
    """The account is frozen in this direction; have it unfrozen first."""

    code = "account-frozen"
    example = {"account": "customers:alan", "scope": "debits"}


class AlreadyFrozen(Refused):
    """The account is frozen in just this scope already."""

    code = "already-frozen"
    example = {"account": "customers:alan", "scope": "debits"}


class NotFrozen(Refused):
    """The account is not frozen, so there is nothing to undo."""

    code = "not-frozen"
    example = {"account": "customers:alan"}


class NotClosed(Refused):
    """The account is not closed, so there is nothing to undo."""

    code = "not-closed"
    example = {"account": "customers:alan"}


class NotEmpty(Refused):
    """An account is closed only when its balance is zero and nothing is on hold; move it first."""

    code = "not-empty"
    example = {"account": "customers:alan", "currency": "EUR", "posted": 1250, "held": 0}


class BooksClosed(Refused):
    """The books are closed for this business date; use a later one, or have them reopened."""

    code = "books-closed"
    example = {
        "effective_on": "2026-01-31",
        "closed_through": "2026-01-31",
        "pointer": "/effective_on",
    }


class BadClosingDate(Refused):
    """Books can be closed only through a day before today, and not through the same day again."""

    code = "bad-closing-date"
    example = {
        "through": "2026-11-23",
        "today": "2026-11-23",
        "closed_through": "2026-10-31",
        "pointer": "/through",
    }


class AlreadyReversed(Refused):
    """The transfer was reversed before, which can be done once; look at its reversal."""

    code = "already-reversed"
    example = {
        "transfer": "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60",
        "reversed_by": "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c61",
    }


class NotReversible(Refused):
    """This transfer undoes another one; post the first again instead of reversing its reversal."""

    code = "not-reversible"
    example = {
        "transfer": "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60",
        "reverses": "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c61",
    }


class HoldNotPossible(Refused):
    """Only an account with a credit balance can have holds: others owe nothing to set aside."""

    code = "hold-not-possible"
    example = {"account": "shop:cash"}


class TooManyHolds(Refused):
    """The account has as many open holds as it may have; capture or release some first."""

    code = "too-many-holds"
    example = {"account": "customers:alan", "limit": 1000}


class HoldNotOpen(Refused):
    """The hold was captured, released or expired before; nothing of it is left."""

    code = "hold-not-open"
    example = {"hold": "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60"}


class TooManyCaptures(Refused):
    """A hold can be captured in part only so often; make this capture the final one."""

    code = "too-many-captures"
    example = {
        "hold": "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60",
        "limit": 100,
        "pointer": "/final",
    }


class DateInPast(Refused):
    """The date is earlier than it may be; choose the earliest one, or a later one."""

    code = "date-in-past"
    example = {"effective_on": "2026-01-30", "earliest": "2026-01-31", "pointer": "/effective_on"}


class ExceedsHold(Refused):
    """That is more than is left of the hold; capture less, or release it and post a transfer."""

    code = "exceeds-hold"
    example = {
        "hold": "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60",
        "remaining": 1250,
        "requested": 1251,
        "pointer": "/amount",
    }


class PayeeMissing(Refused):
    """The hold was placed without a payee, so the capture must name one."""

    code, status = "payee-missing", 400
    example = {"hold": "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60", "pointer": "/payee"}


class PayeeMismatch(Refused):
    """The hold was placed for another payee, who alone can have it."""

    code = "payee-mismatch"
    example = {"hold": "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60", "pointer": "/payee"}


class SweepNotPossible(Refused):
    """Only accounts with credit balances are swept, and none into one that is swept itself."""

    code = "sweep-not-possible"
    example = {"account": "shop:cash", "pointer": "/to"}


class OrderNotFound(Refused):
    """There is no such standing order, or you may not see it."""

    code, status = "order-not-found", 404
    example = {"order": "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60"}


class OrderNotOpen(Refused):
    """The standing order was cancelled or has ended before; nothing more is posted by it."""

    code = "order-not-open"
    example = {"order": "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60", "state": "cancelled"}


class OwnerChanged(Refused):
    """The account belongs to another owner than when this was set up; set it up anew."""

    code = OWNER_CHANGED
    example = {"account": "customers:alan"}
