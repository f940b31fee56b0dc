"""Double entry, checked over the whole log."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from eventstore.events.ledger import (
    AccountCredited,
    AccountDebited,
    AccountOpened,
    HoldCaptured,
    TransferPosted,
    account_stream,
    id_of,
)
from eventstore.reading import read_beginnings
from eventstore.registry import load, type_of
from eventstore.store import read_all
from eventstore.verification import Finding, Progress, check, ranges

MOVES = (AccountCredited, AccountDebited, HoldCaptured)
TYPES = [type_of(cls).name for cls in (TransferPosted, *MOVES)]
CHUNK = 5_000


@check("double entry")
def double_entry(upto: int, progress: Progress, after: int = 0) -> Iterator[Finding]:
    """Per currency each transfer's debits equal its credits, and accounts changed by its net."""
    unmatched = Unmatched()
    for first, last in ranges(upto, progress, after, size=CHUNK):
        events = [(e, load(e)) for e in read_all(after=first, upto=last, types=TYPES, limit=None)]
        posted = [event for _, event in events if isinstance(event, TransferPosted)]
        currencies = _currencies({leg.account for event in posted for leg in event.legs})
        for recorded, event in events:
            if isinstance(event, TransferPosted):
                transfer, nets = UUID(id_of(recorded.stream)), _nets(event)
                unmatched.add(transfer, nets, recorded.position)
                for currency, difference in _sums(nets, currencies).items():
                    if difference:
                        yield Finding(f"transfer {transfer}", f"{currency} is off by {difference}")
            else:
                moved = -event.amount if isinstance(event, AccountCredited) else event.amount
                unmatched.add(event.transfer, {id_of(recorded.stream): moved}, recorded.position)
        # What belongs together stands in one append, and near by in it.
        yield from unmatched.settle(before=first)
    yield from unmatched.settle(before=upto)


class Unmatched:
    """Transfers whose legs are not yet matched by what changed their accounts, or the reverse."""

    def __init__(self) -> None:
        self._left: dict[UUID, dict[str, int]] = {}
        self._began: dict[UUID, int] = {}

    def add(self, transfer: UUID, nets: Mapping[str, int], position: int) -> None:
        """Add what is to be matched: an account may be changed before its transfer is posted."""
        left = self._left.setdefault(transfer, defaultdict(int))
        self._began.setdefault(transfer, position)
        for account, net in nets.items():
            left[account] += net
        if not any(left.values()):
            del self._left[transfer], self._began[transfer]

    def settle(self, *, before: int) -> Iterator[Finding]:
        """What began by this position and will find its match no more."""
        late = [transfer for transfer, began in self._began.items() if began <= before]
        for transfer in late:
            del self._began[transfer]
            for account, difference in self._left.pop(transfer).items():
                if difference:
                    yield Finding(
                        f"transfer {transfer}", f"its legs and {account} differ by {difference}"
                    )


def _currencies(accounts: Collection[str]) -> dict[str, str]:
    """The currency of each of these accounts, as it was opened."""
    opened = map(load, read_beginnings({account_stream(account): 1 for account in accounts}))
    return {event.code: event.currency for event in opened if isinstance(event, AccountOpened)}


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
