"""Double entry, checked over the whole log."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from uuid import UUID

from eventstore.events.ledger import (
    AccountCredited,
    AccountDebited,
    AccountOpened,
    HoldCaptured,
    TransferPosted,
    id_of,
)
from eventstore.registry import load, type_of
from eventstore.store import read_all
from eventstore.verification import Finding, Progress, check, ranges

MOVES = (AccountCredited, AccountDebited, HoldCaptured)
TYPES = [type_of(cls).name for cls in (AccountOpened, TransferPosted, *MOVES)]


@check("double entry")
def double_entry(upto: int, progress: Progress) -> Iterator[Finding]:
    """Per currency each transfer's debits equal its credits, and accounts changed by its net."""
    currencies: dict[str, str] = {}
    unmatched: dict[UUID, dict[str, int]] = {}
    for after, last in ranges(upto, progress, size=5_000):
        for recorded in read_all(after=after, upto=last, types=TYPES, limit=None):
            event = load(recorded)
            if isinstance(event, AccountOpened):
                currencies[event.code] = event.currency
            elif isinstance(event, TransferPosted):
                transfer, nets = UUID(id_of(recorded.stream)), _nets(event)
                _match(unmatched, transfer, nets)
                for currency, difference in _sums(nets, currencies).items():
                    if difference:
                        yield Finding(f"transfer {transfer}", f"{currency} is off by {difference}")
            else:
                moved = -event.amount if isinstance(event, AccountCredited) else event.amount
                _match(unmatched, event.transfer, {id_of(recorded.stream): moved})
    for transfer, nets in unmatched.items():
        for account, difference in nets.items():
            if difference:
                yield Finding(
                    f"transfer {transfer}", f"its legs and {account} differ by {difference}"
                )


def _match(unmatched: dict[UUID, dict[str, int]], transfer: UUID, nets: Mapping[str, int]) -> None:
    """Add to what is not matched of a transfer: its account may be changed before it is posted."""
    left = unmatched.setdefault(transfer, defaultdict(int))
    for account, net in nets.items():
        left[account] += net
    if not any(left.values()):
        del unmatched[transfer]


def _nets(event: TransferPosted) -> dict[str, int]:
    nets: dict[str, int] = defaultdict(int)
    for leg in event.legs:
        nets[leg.account] += leg.amount if leg.direction == "credit" else -leg.amount
    return nets


def _sums(nets: dict[str, int], currencies: dict[str, str]) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for account, net in nets.items():
        sums[currencies.get(account, "an unknown currency")] += net
    return sums
