"""Every "no" of the ledger: a code, a sentence, and the facts that led to it."""

from commands.engine.errors import Refused


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
    """A transfer needs two different accounts."""

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
