"""The ledger as text for other programs, straight from the log and in its order.

Rows and objects may also be those after a position alone: each belongs to one, and none is between.
Amounts are decimals of their currency with all its places, so that no reader has to round.
"""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from eventstore.events.currencies import to_decimal_text
from eventstore.events.ledger import AccountOpened, id_of
from eventstore.store import timestamp
from eventstore.verification import Progress
from projections.ledger import plaintext
from projections.ledger.plaintext import events, silent

CSV_COLUMNS = (
    "position",
    "transfer",
    "recorded_at",
    "effective_on",
    "account",
    "direction",
    "amount",
    "currency",
    "reference",
    "description",
)


def as_csv(upto: int, progress: Progress, after: int = 0) -> Iterator[str]:
    """One row for each leg of each transfer."""
    yield ",".join(CSV_COLUMNS) + "\r\n"
    opened = events(after, silent, of=[AccountOpened])
    accounts = {event.code: event for _, event in opened}
    for recorded, event in events(upto, progress, after):
        if isinstance(event, AccountOpened):
            accounts[event.code] = event
            continue
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        for leg in event.legs:
            account = accounts[leg.account]
            writer.writerow(
                [
                    recorded.position,
                    id_of(recorded.stream),
                    timestamp(recorded.recorded_at),
                    event.effective_on,
                    leg.account,
                    leg.direction,
                    to_decimal_text(leg.amount, account.exponent),
                    account.currency,
                    event.reference,
                    event.description,
                ]
            )
        yield buffer.getvalue()


def as_jsonl(upto: int, progress: Progress, after: int = 0) -> Iterator[str]:
    """One object for each account and transfer, as their events say it, in minor units."""
    for recorded, event in events(upto, progress, after):
        kind = "account" if isinstance(event, AccountOpened) else "transfer"
        said: dict[str, Any] = {"position": recorded.position, "id": id_of(recorded.stream)}
        said |= {"recorded_at": timestamp(recorded.recorded_at), **recorded.data}
        yield orjson.dumps({kind: said}).decode() + "\n"


INCREMENTAL: dict[str, Callable[[int, Progress, int], Iterator[str]]] = {
    "csv": as_csv,
    "jsonl": as_jsonl,
}
"""The formats that can also be had after a position alone."""

FORMATS: dict[str, Callable[..., Iterator[str]]] = {
    **INCREMENTAL,
    "beancount": plaintext.as_beancount,
    "hledger": plaintext.as_hledger,
}
