"""The ledger's rules, one function per command."""

from collections import defaultdict
from collections.abc import Mapping

from commands.engine.decider import Changes, Context, Principal, States, decides, entity
from commands.engine.errors import Forbidden
from commands.ledger import answers, state
from commands.ledger.messages import ChangeAccountDetails, OpenAccount, PostTransfer
from commands.ledger.refusals import (
    AccountExists,
    AccountNotFound,
    CurrencyMismatch,
    DateInFuture,
    InsufficientFunds,
    NotBalanced,
    PayeeUnavailable,
    ReferenceExists,
    SameAccount,
    UserNotFound,
)
from commands.ledger.state import Account
from eventstore import registry, values
from eventstore.events import currencies, ledger
from eventstore.events.ledger import (
    AccountCredited,
    AccountDebited,
    AccountDetailsChanged,
    AccountOpened,
    Direction,
    ReferenceUsed,
    TransferPosted,
    account_stream,
    reference_stream,
    transfer_stream,
)
from eventstore.values import told

SOURCES = (state, ledger, registry, values)

entity("account", initial=Account(), evolve=state.evolve_account, sources=SOURCES)
entity(
    "transfer",
    initial=state.Transfer(),
    evolve=state.evolve_transfer,
    sources=SOURCES,
    cached=False,
)
entity(
    "reference",
    initial=state.Reference(),
    evolve=state.evolve_reference,
    sources=SOURCES,
    cached=False,
)


@decides(
    OpenAccount,
    "open_account",
    answer=answers.opened_account,
    shows=("account",),
    refusals=(Forbidden, AccountExists, UserNotFound, CurrencyMismatch),
    created=True,
)
def open_account(command: OpenAccount, states: States, context: Context) -> Changes:
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
    refusals=(AccountNotFound, Forbidden, UserNotFound),
)
def change_account_details(
    command: ChangeAccountDetails, states: States, context: Context
) -> Changes:
    stream, principal = account_stream(command.account), context.principal
    account = states[stream]
    if not (account.exists and principal.sees(command.account, account.owner)):
        raise AccountNotFound(account=command.account)
    asked = AccountDetailsChanged(name=command.name, metadata=command.metadata, owner=command.owner)
    changed = {k: value for k, value in told(asked).items() if value != getattr(account, k)}
    if not principal.may("operate") and (account.owner != principal.user or "owner" in changed):
        raise Forbidden
    owner = changed.get("owner")
    if owner is not None and owner not in context.users:
        raise UserNotFound(user=str(owner), pointer="/owner")
    return {stream: AccountDetailsChanged(**changed)} if changed else {}


@decides(
    PostTransfer,
    "post_transfer",
    answer=answers.transfer,
    shows=("transfer",),
    refusals=(
        SameAccount,
        Forbidden,
        AccountNotFound,
        NotBalanced,
        PayeeUnavailable,
        CurrencyMismatch,
        DateInFuture,
        ReferenceExists,
        InsufficientFunds,
    ),
    created=True,
)
def post_transfer(command: PostTransfer, states: States, context: Context) -> Changes:
    nets = _nets(command)
    if len(nets) == 1 or not any(nets.values()):
        raise SameAccount(account=command.legs[0].account)
    accounts = {code: states[account_stream(code)] for code in nets}
    _admit(command, accounts, nets, context)
    _balance(command, accounts)
    effective_on = command.effective_on or context.today
    if effective_on > context.today:
        raise DateInFuture(
            effective_on=effective_on.isoformat(),
            today=context.today.isoformat(),
            pointer="/effective_on",
        )
    used = _used(command, states, context)
    for code, net in nets.items():
        _cover(accounts[code], net)
    changes: dict[str, object] = {
        transfer_stream(command.transfer): TransferPosted(
            legs=command.legs,
            effective_on=effective_on,
            description=command.description,
            reference=command.reference,
            metadata=command.metadata,
        )
    }
    for code, net in nets.items():
        if net:
            changed = AccountDebited if net < 0 else AccountCredited
            changes[account_stream(code)] = changed(
                transfer=command.transfer, amount=abs(net), effective_on=effective_on
            )
    return {**changes, **used}


def _nets(command: PostTransfer) -> dict[str, int]:
    """Each account's net, credits positive: an account in several legs changes once."""
    nets: dict[str, int] = defaultdict(int)
    for leg in command.legs:
        nets[leg.account] += leg.amount if leg.direction == "credit" else -leg.amount
    return nets


def _direction(net: int) -> Direction:
    return "debit" if net < 0 else "credit"


def _admit(
    command: PostTransfer,
    accounts: Mapping[str, Account],
    nets: Mapping[str, int],
    context: Context,
) -> None:
    """Who may: the owner of every account that is lowered, the rest being credit-normal; or staff.

    Who may not see a payee learns nothing of it, not even whether it exists; any other account
    that is missing or hidden is named as not found.
    """
    principal = context.principal
    for index, leg in enumerate(command.legs):
        account, net = accounts[leg.account], nets[leg.account]
        if account.exists and principal.sees(leg.account, account.owner):
            if not (principal.may("operate") or _own_or_plain(account, net, principal)):
                raise Forbidden
        elif net <= 0 or principal.may("view"):
            raise AccountNotFound(account=leg.account, pointer=_pointer(command, index))
        elif sum(nets.values()):
            # No currencies could balance these legs, so saying so tells nothing of the payee.
            raise NotBalanced(difference=sum(nets.values()))
        elif not account.exists or account.normal_balance == "debit" or _foreign(command, accounts):
            raise PayeeUnavailable(pointer=_pointer(command, index))


def _own_or_plain(account: Account, net: int, principal: Principal) -> bool:
    """Whether an account that is seen is lowered by its owner, or not lowered and credit-normal."""
    if net and account.lowered_by(_direction(net)):
        return account.owner == principal.user
    return account.normal_balance == "credit"


def _foreign(command: PostTransfer, accounts: Mapping[str, Account]) -> bool:
    """Whether the legs do not balance, so that naming currencies would tell of a hidden payee."""
    try:
        _balance(command, accounts)
    except (CurrencyMismatch, NotBalanced):
        return True
    return False


def _balance(command: PostTransfer, accounts: Mapping[str, Account]) -> None:
    found = {account.currency for account in accounts.values()}
    if command.currency is not None and found != {command.currency}:
        raise CurrencyMismatch(currency=command.currency, accounts=_currencies(accounts))
    for index, (leg, currency) in enumerate(zip(command.legs, command.currencies, strict=False)):
        if currency not in (None, accounts[leg.account].currency):
            said = {"currency": currency, "accounts": _currencies(accounts)}
            raise CurrencyMismatch(pointer=f"/legs/{index}/currency", **said)
    sums: dict[str, int] = defaultdict(int)
    for leg in command.legs:
        signed = leg.amount if leg.direction == "credit" else -leg.amount
        sums[accounts[leg.account].currency] += signed
    for currency, difference in sums.items():
        if difference and len(command.legs) == 2 and len(found) == 2:
            raise CurrencyMismatch(accounts=_currencies(accounts))
        if difference:
            raise NotBalanced(currency=currency, difference=difference)


def _currencies(accounts: Mapping[str, Account]) -> dict[str, str]:
    return {code: account.currency for code, account in accounts.items()}


def _used(command: PostTransfer, states: States, context: Context) -> Changes:
    """What becomes of the reference of a transfer that must be its first."""
    if not (command.once and command.reference):
        return {}
    stream = reference_stream(command.reference)
    earlier = states[stream].transfer
    if earlier is not None:
        if context.principal.may("view") and not context.principal.prefix:
            raise ReferenceExists(
                reference=command.reference, transfer=str(earlier), pointer="/reference"
            )
        raise ReferenceExists(reference=command.reference, pointer="/reference")
    return {stream: ReferenceUsed(reference=command.reference, transfer=command.transfer)}


def _cover(account: Account, net: int) -> None:
    """Refuse an outflow beyond what is available; both totals count by their net."""
    if not net or not account.lowered_by(_direction(net)):
        return
    available = account.available
    if available is not None and abs(net) > available:
        raise InsufficientFunds(
            account=account.code,
            currency=account.currency,
            available=available,
            requested=abs(net),
        )


def _pointer(command: PostTransfer, index: int) -> str:
    return ("/from", "/to")[index] if command.short else f"/legs/{index}/account"
