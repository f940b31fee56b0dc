"""Every "no" of the ledger: a code, a sentence, and the facts that led to it."""

from commands.engine.errors import Refused


class AccountNotFound(Refused):
    """There is no such account, or you may not see it."""

    code = "account-not-found"
    status = 404


class UserNotFound(Refused):
    """There is no user with this id."""

    code = "user-not-found"
    status = 404


class AccountExists(Refused):
    """An account with this code exists already; choose another code."""

    code = "account-exists"


class PayeeUnavailable(Refused):
    """This payee cannot be paid; check the code with whoever gave it to you."""

    code = "payee-unavailable"


class SameAccount(Refused):
    """A transfer needs two different accounts."""

    code = "same-account"


class CurrencyMismatch(Refused):
    """The accounts are not in one currency; post legs that balance in each currency."""

    code = "currency-mismatch"


class NotBalanced(Refused):
    """In each currency the debits must equal the credits."""

    code = "not-balanced"


class DateInFuture(Refused):
    """The business date lies in the future; post it on that day."""

    code = "date-in-future"


class InsufficientFunds(Refused):
    """The account does not have this much available."""

    code = "insufficient-funds"
