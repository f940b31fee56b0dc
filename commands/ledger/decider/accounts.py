"""Rules about accounts themselves: opened, described, limited, frozen, closed."""

from commands.engine.decider import Changes, Context, States, decides
from commands.engine.errors import Forbidden
from commands.ledger import answers
from commands.ledger.messages import (
    ChangeAccountDetails,
    ChangeOverdraftLimit,
    CloseAccount,
    FreezeAccount,
    OpenAccount,
    ReopenAccount,
    UnfreezeAccount,
)
from commands.ledger.refusals import (
    AccountClosed,
    AccountExists,
    AccountNotFound,
    AlreadyFrozen,
    CurrencyMismatch,
    NotClosed,
    NotEmpty,
    NotFrozen,
    UserNotFound,
)
from commands.ledger.state import Account
from eventstore.events import currencies, ledger
from eventstore.events.ledger import (
    AccountDetailsChanged,
    AccountOpened,
    OverdraftLimitChanged,
    account_stream,
)
from eventstore.values import told


@decides(
    OpenAccount,
    "open_account",
    answer=answers.opened_account,
    shows=("account",),
    refusals=(Forbidden, AccountExists, UserNotFound, CurrencyMismatch),
    created=True,
)
def open_account(command: OpenAccount, states: States, context: Context) -> Changes:
    """Who does not operate the ledger may open a plain account of their own, if anything."""
    stream, principal = account_stream(command.code), context.principal
    owner = command.owner
    if not principal.may("operate"):
        owner = owner or principal.user
        plain = command.normal_balance == "credit" and command.overdraft_limit == 0
        if not (context.self_service and plain and owner == principal.user):
            raise Forbidden
    if not principal.sees(command.code, owner):
        raise Forbidden
    if states[stream].exists:
        raise AccountExists(account=command.code, pointer="/code")
    if command.owner is not None and command.owner not in context.users:
        raise UserNotFound(user=str(command.owner), pointer="/owner")
    currency = currencies.currency(command.currency)
    if currency is None:
        raise CurrencyMismatch(currency=command.currency, pointer="/currency")
    return {
        stream: AccountOpened(
            code=command.code,
            name=command.name,
            currency=currency.code,
            exponent=currency.exponent,
            normal_balance=command.normal_balance,
            overdraft_limit=command.overdraft_limit,
            owner=owner,
            metadata=command.metadata,
        )
    }


@decides(
    ChangeAccountDetails,
    "change_account_details",
    answer=answers.changed_account,
    shows=("account",),
    refusals=(AccountNotFound, Forbidden, AccountClosed, UserNotFound),
)
def change_account_details(
    command: ChangeAccountDetails, states: States, context: Context
) -> Changes:
    stream, principal = account_stream(command.account), context.principal
    account = _seen(command.account, states, context)
    asked = AccountDetailsChanged(name=command.name, metadata=command.metadata, owner=command.owner)
    changed = {k: value for k, value in told(asked).items() if value != getattr(account, k)}
    if not principal.may("operate") and (account.owner != principal.user or "owner" in changed):
        raise Forbidden
    if account.closed:
        raise AccountClosed(account=command.account)
    owner = changed.get("owner")
    if owner is not None and owner not in context.users:
        raise UserNotFound(user=str(owner), pointer="/owner")
    return {stream: AccountDetailsChanged(**changed)} if changed else {}


@decides(
    ChangeOverdraftLimit,
    "change_overdraft_limit",
    answer=answers.changed_account,
    shows=("account",),
    refusals=(AccountNotFound, Forbidden, AccountClosed),
)
def change_overdraft_limit(
    command: ChangeOverdraftLimit, states: States, context: Context
) -> Changes:
    """A limit below what is used already is allowed: it keeps more from flowing out."""
    account = _operated(command.account, states, context)
    if account.overdraft_limit == command.overdraft_limit:
        return {}
    limit = OverdraftLimitChanged(overdraft_limit=command.overdraft_limit, reason=command.reason)
    return {account_stream(command.account): limit}


@decides(
    FreezeAccount,
    "freeze_account",
    answer=answers.changed_account,
    shows=("account",),
    refusals=(AccountNotFound, Forbidden, AccountClosed, AlreadyFrozen),
)
def freeze_account(command: FreezeAccount, states: States, context: Context) -> Changes:
    account = _operated(command.account, states, context)
    if account.frozen_scope == command.scope:
        raise AlreadyFrozen(account=command.account, scope=command.scope)
    frozen = ledger.AccountFrozen(scope=command.scope, reason=command.reason)
    return {account_stream(command.account): frozen}


@decides(
    UnfreezeAccount,
    "unfreeze_account",
    answer=answers.changed_account,
    shows=("account",),
    refusals=(AccountNotFound, Forbidden, AccountClosed, NotFrozen),
)
def unfreeze_account(command: UnfreezeAccount, states: States, context: Context) -> Changes:
    account = _operated(command.account, states, context)
    if account.frozen_scope is None:
        raise NotFrozen(account=command.account)
    return {account_stream(command.account): ledger.AccountUnfrozen(reason=command.reason)}


@decides(
    CloseAccount,
    "close_account",
    answer=answers.changed_account,
    shows=("account",),
    refusals=(AccountNotFound, Forbidden, AccountClosed, NotEmpty),
)
def close_account(command: CloseAccount, states: States, context: Context) -> Changes:
    account = _operated(command.account, states, context)
    if account.posted or account.holds:
        raise NotEmpty(
            account=command.account,
            currency=account.currency,
            posted=account.posted,
            held=account.held,
        )
    return {account_stream(command.account): ledger.AccountClosed(reason=command.reason)}


@decides(
    ReopenAccount,
    "reopen_account",
    answer=answers.changed_account,
    shows=("account",),
    refusals=(AccountNotFound, Forbidden, NotClosed),
)
def reopen_account(command: ReopenAccount, states: States, context: Context) -> Changes:
    account = _managed(command.account, states, context)
    if not account.closed:
        raise NotClosed(account=command.account)
    return {account_stream(command.account): ledger.AccountReopened(reason=command.reason)}


def _seen(code: str, states: States, context: Context) -> Account:
    """An account that exists for who asks."""
    account: Account = states[account_stream(code)]
    if not (account.exists and context.principal.sees(code, account.owner)):
        raise AccountNotFound(account=code)
    return account


def own(code: str, states: States, context: Context) -> Account:
    """An account, for its owner and for those who operate the ledger."""
    account = _seen(code, states, context)
    if not (context.principal.may("operate") or account.owner == context.principal.user):
        raise Forbidden
    return account


def _managed(code: str, states: States, context: Context) -> Account:
    """An account, for those who operate the ledger."""
    account = _seen(code, states, context)
    if not context.principal.may("operate"):
        raise Forbidden
    return account


def _operated(code: str, states: States, context: Context) -> Account:
    """An account that is not closed, for those who operate the ledger."""
    account = _managed(code, states, context)
    if account.closed:
        raise AccountClosed(account=code)
    return account
