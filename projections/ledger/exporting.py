"""The whole ledger as text for other programs, straight from the log and in its order.

Amounts are decimals of their currency with all its places, so that no reader has to round.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import orjson

from eventstore.events.currencies import to_decimal_text
from eventstore.events.ledger import AccountOpened, Leg, TransferPosted, id_of
from eventstore.registry import load, type_of
from eventstore.store import Recorded, read_all, timestamp

CHUNK = 1_000
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


def as_csv(upto: int) -> Iterator[str]:
    """One row for each leg of each transfer."""
    yield ",".join(CSV_COLUMNS) + "\r\n"
    accounts: dict[str, AccountOpened] = {}
    for recorded, event in _events(upto):
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
                    _decimal(leg, account),
                    account.currency,
                    event.reference,
                    event.description,
                ]
            )
        yield buffer.getvalue()


def as_jsonl(upto: int) -> Iterator[str]:
    """One object for each account and transfer, as their events say it, in minor units."""
    for recorded, event in _events(upto):
        kind = "account" if isinstance(event, AccountOpened) else "transfer"
        said: dict[str, Any] = {"position": recorded.position, "id": id_of(recorded.stream)}
        said |= {"recorded_at": timestamp(recorded.recorded_at), **recorded.data}
        yield orjson.dumps({kind: said}).decode() + "\n"


def as_beancount(upto: int) -> Iterator[str]:
    """A beancount file with an exact balance assertion for every account at its end."""
    accounts: dict[str, AccountOpened] = {}
    nets: dict[str, int] = defaultdict(int)
    last = date.min
    yield f'; Daybook at position {upto}\noption "title" "Daybook"\n'
    for recorded, event in _events(upto):
        if isinstance(event, AccountOpened):
            accounts[event.code] = event
            yield f"0001-01-01 open {beancount_name(event)} {_commodity(event)}\n"
            continue
        last = max(last, event.effective_on)
        yield _beancount_transaction(recorded, event, accounts)
        for leg in event.legs:
            nets[leg.account] += leg.amount if leg.direction == "debit" else -leg.amount
    day = last + timedelta(days=1) if last < date.max else last
    for code, net in nets.items():
        account = accounts[code]
        amount = to_decimal_text(net, account.exponent)
        name = beancount_name(account)
        yield f"{_day(day)} balance {name}  {amount} ~ 0 {_commodity(account)}\n"


def beancount_name(account: AccountOpened) -> str:
    """The account's name in beancount's alphabet; no two codes have one name.

    Codes have no capitals, so these can carry what beancount's names cannot.
    """
    root = "Liabilities" if account.normal_balance == "credit" else "Assets"
    parts = (
        part.replace("-", "-H").replace("_", "-U").replace(".", "-D")
        for part in account.code.split(":")
    )
    return ":".join([root, *(part[:1].upper() + part[1:] for part in parts)])


FORMATS: dict[str, Callable[[int], Iterator[str]]] = {
    "csv": as_csv,
    "jsonl": as_jsonl,
    "beancount": as_beancount,
}


def _events(upto: int) -> Iterator[tuple[Recorded, Any]]:
    types = [type_of(AccountOpened).name, type_of(TransferPosted).name]
    position = 0
    while events := read_all(after=position, upto=upto, types=types, limit=CHUNK):
        for recorded in events:
            yield recorded, load(recorded)
        position = events[-1].position


def _beancount_transaction(
    recorded: Recorded, event: TransferPosted, accounts: dict[str, AccountOpened]
) -> str:
    lines = [
        f"{_day(event.effective_on)} * {_quoted(event.description)}",
        f"  transfer: {_quoted(id_of(recorded.stream))}",
    ]
    if event.reference:
        lines.append(f"  reference: {_quoted(event.reference)}")
    for leg in event.legs:
        account = accounts[leg.account]
        sign = "" if leg.direction == "debit" else "-"
        amount = f"{sign}{_decimal(leg, account)} {_commodity(account)}"
        lines.append(f"  {beancount_name(account)}  {amount}")
    return "\n".join([*lines, "\n"])


def _commodity(account: AccountOpened) -> str:
    """The currency's code; beancount's own words get an apostrophe, which no code of ours has."""
    code = account.currency
    return f"{code}'C" if code in {"TRUE", "FALSE", "NULL"} else code


def _decimal(leg: Leg, account: AccountOpened) -> str:
    return to_decimal_text(leg.amount, account.exponent)


def _day(day: date) -> str:
    return f"{day.year:04}-{day.month:02}-{day.day:02}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
