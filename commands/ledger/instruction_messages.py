"""What may be asked about standing instructions: alerts, sweeps and standing orders."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from commands.engine.decider import Facts, Touches
from eventstore.events.ledger import BOOK, account_stream, transfer_stream
from eventstore.events.orders import StandingOrderPlaced, order_stream
from eventstore.ids import uuid7
from eventstore.recurring import Every


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAlert:
    """Have it told when less than `low` minor units are available; None is not at all."""

    account: str
    low: int | None

    def touches(self) -> Touches:
        return Touches(changes=(account_stream(self.account),))


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSweep:
    """Have what is on an account beyond `above` minor units moved to another one.

    None moves nothing any more.
    """

    account: str
    above: int | None
    to: str | None = None

    def touches(self) -> Touches:
        to = (account_stream(self.to),) if self.to else ()
        return Touches(changes=(account_stream(self.account),), reads=to)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepAccount:
    """Move what is on an account beyond what its sweep leaves there, if `to` is its target still.

    What is to be moved is known only when it is decided; where nothing is, nothing happens.
    """

    account: str
    to: str
    transfer: UUID = field(default_factory=uuid7)

    def touches(self) -> Touches:
        accounts = dict.fromkeys((account_stream(self.account), account_stream(self.to)))
        return Touches(
            draws=(transfer_stream(self.transfer),), changes=tuple(accounts), guards=(BOOK,)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceStandingOrder:
    """Have a transfer posted from date to date, until it is cancelled or `last_on` is over."""

    payer: str
    payee: str
    amount: int
    every: Every
    first_on: date
    last_on: date | None = None
    description: str = ""
    order: UUID = field(default_factory=uuid7)

    def touches(self) -> Touches:
        accounts = dict.fromkeys((account_stream(self.payer), account_stream(self.payee)))
        return Touches(draws=(order_stream(self.order),), reads=tuple(accounts))


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelStandingOrder:
    """Have nothing more posted by a standing order, not even for a date that was missed."""

    order: UUID
    reason: str

    def touches(self) -> Touches:
        stream = order_stream(self.order)
        return Touches(changes=(stream,), asks=(stream,))

    def also(self, facts: Facts) -> Touches:
        return Touches(reads=_accounts(self.order, facts)[:1])


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStandingOrder:
    """Post the transfer of a standing order's next date, if it has come."""

    order: UUID
    transfer: UUID = field(default_factory=uuid7)

    def touches(self) -> Touches:
        stream = order_stream(self.order)
        return Touches(
            draws=(transfer_stream(self.transfer),),
            changes=(stream,),
            guards=(BOOK,),
            asks=(stream,),
        )

    def also(self, facts: Facts) -> Touches:
        return Touches(changes=_accounts(self.order, facts))


def _accounts(order: UUID, facts: Facts) -> tuple[str, ...]:
    """The streams of an order's payer and payee, which never change; nothing where it is none."""
    placed = facts.get(order_stream(order))
    if placed is None or not isinstance(placed.event, StandingOrderPlaced):
        return ()
    return account_stream(placed.event.payer), account_stream(placed.event.payee)
