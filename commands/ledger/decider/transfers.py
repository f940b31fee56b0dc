"""Rules about transfers: posted, and undone by another."""

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from commands.engine.decider import Changes, Context, Principal, States, decides
from commands.engine.errors import Forbidden
from commands.ledger import answers
from commands.ledger.decider.moving import (
    business_date,
    cover,
    direction_of,
    moved,
    nets_of,
    require_in_use,
)
from commands.ledger.messages import PostTransfer, ReverseTransfer
from commands.ledger.refusals import (
    AccountClosed,
    AccountFrozen,
    AccountNotFound,
    AlreadyReversed,
    BooksClosed,
    CurrencyMismatch,
    DateInFuture,
    DateInPast,
    InsufficientFunds,
    NotBalanced,
    NotReversible,
    PayeeUnavailable,
    ReferenceExists,
    SameAccount,
    TransferNotFound,
)
from commands.ledger.state import Account, Transfer
from eventstore.events.ledger import (
    Direction,
    Leg,
    ReferenceUsed,
    TransferPosted,
    TransferReversed,
    account_stream,
    reference_stream,
    transfer_stream,
)


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
        AccountClosed,
        AccountFrozen,
        DateInFuture,
        BooksClosed,
        ReferenceExists,
        InsufficientFunds,
    ),
    created=True,
)
def post_transfer(command: PostTransfer, states: States, context: Context) -> Changes:
    """Who may not see a payee is told nothing of it; funds are checked on each account's net."""
    nets = admitted(command, states, context)
    effective_on = business_date(command.effective_on, states, context)
    used = _used(command, states, context)
    for code, net in nets.items():
        cover(states[account_stream(code)], net)
    posted = TransferPosted(
        legs=command.legs,
        effective_on=effective_on,
        description=command.description,
        reference=command.reference,
        metadata=command.metadata,
    )
    return {
        transfer_stream(command.transfer): posted,
        **moved(nets, command.transfer, effective_on),
        **used,
    }


def admitted(command: PostTransfer, states: States, context: Context) -> dict[str, int]:
    """Each account's net, if who asks may move this between accounts that can take part in it.

    Neither its date nor its funds are looked at.
    """
    nets = nets_of(command.legs)
    if len(nets) == 1 or not any(nets.values()):
        raise SameAccount(account=command.legs[0].account)
    accounts = {code: states[account_stream(code)] for code in nets}
    _admit(command, accounts, nets, context)
    _balance(command, accounts)
    for leg in command.legs:
        require_in_use(accounts[leg.account], leg.direction)
    return nets


@decides(
    ReverseTransfer,
    "reverse_transfer",
    answer=answers.reversal,
    shows=("transfer",),
    refusals=(
        TransferNotFound,
        Forbidden,
        NotReversible,
        AlreadyReversed,
        AccountClosed,
        AccountFrozen,
        DateInFuture,
        DateInPast,
        BooksClosed,
        InsufficientFunds,
    ),
    created=True,
)
def reverse_transfer(command: ReverseTransfer, states: States, context: Context) -> Changes:
    """The same legs with their sides swapped, as of today if no date is given."""
    original, principal = states[transfer_stream(command.transfer)], context.principal
    accounts = {leg.account: states[account_stream(leg.account)] for leg in original.legs}
    seen = [principal.sees(code, account.owner) for code, account in accounts.items()]
    if not any(seen):
        raise TransferNotFound(transfer=str(command.transfer))
    if not (principal.may("operate") and all(seen)):
        raise Forbidden
    if command.force and not principal.may("force"):
        raise Forbidden
    _require_reversible(command.transfer, original)
    legs = tuple(Leg(leg.account, _OTHER[leg.direction], leg.amount) for leg in original.legs)
    for leg in legs:
        require_in_use(accounts[leg.account], leg.direction)
    effective_on = business_date(command.effective_on, states, context)
    if effective_on < original.effective_on:
        raise DateInPast(
            effective_on=effective_on.isoformat(),
            earliest=original.effective_on.isoformat(),
            pointer="/effective_on",
        )
    nets = nets_of(legs)
    for code, net in () if command.force else nets.items():
        cover(accounts[code], net)
    posted = TransferPosted(
        legs=legs,
        effective_on=effective_on,
        description=command.reason,
        reference=original.reference,
        reverses=command.transfer,
    )
    reversed_ = TransferReversed(reversal=command.reversal, reason=command.reason)
    return {
        transfer_stream(command.reversal): posted,
        transfer_stream(command.transfer): reversed_,
        **moved(nets, command.reversal, effective_on),
    }


_OTHER: Mapping[Direction, Direction] = {"debit": "credit", "credit": "debit"}


def _require_reversible(id_: UUID, transfer: Transfer) -> None:
    """A transfer is undone at most once, and what undoes one is not undone itself."""
    if transfer.reverses:
        raise NotReversible(transfer=str(id_), reverses=str(transfer.reverses))
    if transfer.reversed_by:
        raise AlreadyReversed(transfer=str(id_), reversed_by=str(transfer.reversed_by))


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
        elif not _can_be_paid(account, leg.direction) or _foreign(command, accounts):
            raise PayeeUnavailable(pointer=_pointer(command, index))


def _can_be_paid(account: Account, direction: Direction) -> bool:
    """Whether nothing about an account itself keeps a stranger's transfer out."""
    in_use = account.exists and not account.closed and not account.refuses(direction)
    return in_use and account.normal_balance == "credit"


def _own_or_plain(account: Account, net: int, principal: Principal) -> bool:
    """Whether an account that is seen is lowered by its owner, or not lowered and credit-normal."""
    if net and account.lowered_by(direction_of(net)):
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


def _pointer(command: PostTransfer, index: int) -> str:
    return ("/from", "/to")[index] if command.short else f"/legs/{index}/account"
