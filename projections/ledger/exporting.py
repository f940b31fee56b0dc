"""The ledger as text for other programs, in the log's order: transfers as their events say them.

Rows and objects may also be those after a position alone: each belongs to one, and none is between.
Amounts are decimals of their currency with all its places, so that no reader has to round.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from eventstore.events.currencies import to_decimal_text
from eventstore.events.ledger import AccountOpened, TransferPosted, id_of
from eventstore.registry import type_of
from eventstore.store import Recorded, timestamp
from eventstore.verification import Progress
from projections.engine.reading import snapshot
from projections.ledger import plaintext
from projections.ledger.models import AccountDetails, Balance
from projections.ledger.plaintext import chunks, events, silent
from projections.ledger.projectors import details

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
    """One object for each transfer, as its event says it, and for each account, in minor units.

    An account that was opened or changed after `after` comes where that first happened, as it is
    in the end. So it stands before what happens on it, and comes once.
    """
    posted = type_of(TransferPosted).name
    for found in chunks(upto, progress, after, of=[posted, *details.types]):
        changes = [recorded.position for recorded in found if recorded.type != posted]
        accounts = _accounts(changes, after, upto) if changes else {}
        for recorded in found:
            if recorded.type == posted:
                yield _line("transfer", recorded, recorded.data)
            elif account := accounts.get(recorded.position):
                yield _line("account", recorded, account)


def _line(kind: str, recorded: Recorded, said: Mapping[str, Any]) -> str:
    about: dict[str, Any] = {"position": recorded.position, "id": id_of(recorded.stream)}
    about |= {"recorded_at": timestamp(recorded.recorded_at), **said}
    return orjson.dumps({kind: about}).decode() + "\n"


# A comparison of rows leaves the planner no index but the one whose next entry is the answer.
ACCOUNTS = """
SELECT told.position, told.account, currency, exponent, normal_balance, last.name,
       last.overdraft_limit, last.owner, last.status, last.frozen_scope, last.metadata
FROM ledger_accountdetails AS told JOIN ledger_balance AS balance USING (account)
CROSS JOIN LATERAL (
    SELECT position FROM ledger_accountdetails
    WHERE (account, position) > (told.account, %(after)s)
    ORDER BY account, position LIMIT 1) AS first
CROSS JOIN LATERAL (
    SELECT * FROM ledger_accountdetails WHERE (account, position) <= (told.account, %(upto)s)
    ORDER BY account DESC, position DESC LIMIT 1) AS last
WHERE told.position = ANY(%(positions)s) AND told.position = first.position"""


def _accounts(positions: Sequence[int], after: int, upto: int) -> dict[int, dict[str, Any]]:
    """The accounts that changed first at one of these positions, as they are at the last one."""
    asked = {"positions": positions, "after": after, "upto": upto}
    with snapshot(AccountDetails, Balance):
        found: Iterable[Any] = AccountDetails.objects.raw(ACCOUNTS, asked)
        return {
            account.position: {
                "code": account.account,
                "name": account.name,
                "currency": account.currency,
                "exponent": account.exponent,
                "normal_balance": account.normal_balance,
                "overdraft_limit": _text(account.overdraft_limit),
                "owner": _text(account.owner),
                "status": account.status,
                "frozen_scope": account.frozen_scope,
                "metadata": account.metadata,
            }
            for account in found
        }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


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
