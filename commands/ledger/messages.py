"""What may be asked of the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from commands.engine.decider import Touches
from eventstore.events.ledger import (
    Leg,
    NormalBalance,
    account_stream,
    reference_stream,
    transfer_stream,
)
from eventstore.ids import uuid7
from eventstore.values import UNCHANGED, Unchanged


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

    def touches(self) -> Touches:
        accounts = dict.fromkeys(account_stream(leg.account) for leg in self.legs)
        references = (reference_stream(self.reference),) if self.once and self.reference else ()
        return Touches(
            draws=(transfer_stream(self.transfer),), creates=references, changes=tuple(accounts)
        )
