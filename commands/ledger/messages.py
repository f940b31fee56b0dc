"""What may be asked of the ledger."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from commands.engine.decider import Facts, Touches
from eventstore.events.ledger import (
    BOOK,
    HoldPlaced,
    Leg,
    NormalBalance,
    Scope,
    TransferPosted,
    account_stream,
    reference_stream,
    transfer_stream,
)
from eventstore.ids import uuid7
from eventstore.values import UNCHANGED, Unchanged

LONGEST_HOLD = 10 * 366 * 24 * 60 * 60
"""Seconds: ten years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccount:
    """Open an account.

    Limits are in minor units, None is unlimited.
    """

    code: str
    name: str
    currency: str
    normal_balance: NormalBalance = "credit"
    overdraft_limit: int | None = 0
    owner: UUID | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def touches(self) -> Touches:
        users = () if self.owner is None else (self.owner,)
        return Touches(creates=(account_stream(self.code),), users=users)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAccountDetails:
    """Change what describes an account; what is left out stays as it is."""

    account: str
    name: str | Unchanged = UNCHANGED
    metadata: Mapping[str, str] | Unchanged = UNCHANGED
    owner: UUID | Unchanged | None = UNCHANGED

    def touches(self) -> Touches:
        users = (self.owner,) if isinstance(self.owner, UUID) else ()
        return Touches(changes=(account_stream(self.account),), users=users)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostTransfer:
    """Move value between accounts. `currency`, where given, must be that of every account.

    `currencies`, where given, are those that the accounts of the legs must have, one for each.
    `short` says that it was asked for as from, to, amount: those are what errors point at. With
    `once`, no other transfer that was posted so may have its reference.
    """

    legs: tuple[Leg, ...]
    currency: str | None = None
    effective_on: date | None = None
    description: str = ""
    reference: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    currencies: tuple[str | None, ...] = ()
    short: bool = False
    once: bool = False
    transfer: UUID = field(default_factory=uuid7)

    @classmethod
    def between(cls, payer: str, payee: str, amount: int, **about: Any) -> "PostTransfer":
        """So many minor units from one account to another."""
        legs = Leg(payer, "debit", amount), Leg(payee, "credit", amount)
        return cls(legs=legs, short=True, **about)

    def touches(self) -> Touches:
        references = (reference_stream(self.reference),) if self.once and self.reference else ()
        return Touches(
            draws=(transfer_stream(self.transfer),),
            creates=references,
            changes=_accounts(self.legs),
            guards=(BOOK,),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseTransfer:
    """Undo a transfer by another one; `force` does so whatever is available."""

    transfer: UUID
    reason: str
    effective_on: date | None = None
    force: bool = False
    reversal: UUID = field(default_factory=uuid7)

    def touches(self) -> Touches:
        original = transfer_stream(self.transfer)
        return Touches(
            draws=(transfer_stream(self.reversal),),
            changes=(original,),
            guards=(BOOK,),
            asks=(original,),
        )

    def also(self, facts: Facts) -> Touches:
        posted = facts.get(transfer_stream(self.transfer))
        legs = posted.event.legs if posted and isinstance(posted.event, TransferPosted) else ()
        return Touches(changes=_accounts(legs))


@dataclass(frozen=True, slots=True, kw_only=True)
class _AccountCommand:
    """A command that changes one account and looks at nothing else."""

    account: str

    def touches(self) -> Touches:
        return Touches(changes=(account_stream(self.account),))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOverdraftLimit(_AccountCommand):
    """Let an account be overdrawn by this many minor units; None is unlimited."""

    overdraft_limit: int | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeAccount(_AccountCommand):
    """Refuse what goes out of an account, what comes in, or both."""

    scope: Scope
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfreezeAccount(_AccountCommand):
    """Let an account be used again."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAccount(_AccountCommand):
    """Retire an account in which nothing is left."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenAccount(_AccountCommand):
    """Take a closed account into use again."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceHold:
    """Set a part of what is available aside, for so many seconds if that is said.

    `payee` is the account that may have it.
    """

    account: str
    amount: int
    expires_in: int | None = None
    payee: str | None = None
    reference: str = ""
    hold: UUID = field(default_factory=uuid7)

    def touches(self) -> Touches:
        payee = (account_stream(self.payee),) if self.payee else ()
        return Touches(changes=(account_stream(self.account),), reads=payee)


@dataclass(frozen=True, slots=True, kw_only=True)
class _HoldCommand:
    """A command about one hold of an account: whose it is to say was settled when it was placed."""

    account: str
    hold: UUID

    def touches(self) -> Touches:
        return Touches(changes=(account_stream(self.account),), asks=(self.hold,))

    def also(self, facts: Facts) -> Touches:
        placed = facts.get(self.hold)
        payee = placed.event.payee if placed and isinstance(placed.event, HoldPlaced) else None
        return Touches(changes=(account_stream(payee),) if payee else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureHold(_HoldCommand):
    """Post a transfer out of a hold: all that is left of it, or `amount`.

    What is left then is released, unless it is not the `final` capture.
    """

    amount: int | None = None
    final: bool = True
    payee: str | None = None
    transfer: UUID = field(default_factory=uuid7)

    def touches(self) -> Touches:
        accounts = dict.fromkeys(
            account_stream(each) for each in (self.account, self.payee) if each
        )
        return Touches(
            draws=(transfer_stream(self.transfer),),
            changes=tuple(accounts),
            guards=(BOOK,),
            asks=(self.hold,),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseHold(_HoldCommand):
    """Make what is left of a hold available again."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireHolds(_AccountCommand):
    """Make available again what is left of an account's holds whose time is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseBooks:
    """Record nothing more for this business date or any before it; an earlier date reopens."""

    through: date
    reason: str

    def touches(self) -> Touches:
        return Touches(creates=(BOOK,), guards=(BOOK,))


def _accounts(legs: Iterable[Leg]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(account_stream(leg.account) for leg in legs))
