"""The whole ledger as a file of beancount or hledger, whose own checkers confirm every balance.

Transactions are what the log says, in its order; the balances that are asserted at each month's
end are what the read tables say. Amounts are decimals of their currency with all its places.
"""

import re
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import Any

from eventstore.events.currencies import to_decimal_text
from eventstore.events.ledger import AccountOpened, TransferPosted, id_of
from eventstore.registry import load, type_of
from eventstore.store import Recorded, read_all
from eventstore.verification import Progress
from projections.ledger.month_ends import MonthEnd, month_ends

CHUNK = 1_000
Accounts = dict[str, AccountOpened]


def silent(done: int, all: int) -> None:
    """Progress of which nobody is told."""


def events(
    upto: int,
    progress: Progress,
    after: int = 0,
    of: Collection[type] = (AccountOpened, TransferPosted),
) -> Iterator[tuple[Recorded, Any]]:
    """Openings of accounts and transfers, with after < position ≤ upto, in the log's order."""
    for found in chunks(upto, progress, after, of=[type_of(each).name for each in of]):
        for recorded in found:
            yield recorded, load(recorded)


def chunks(
    upto: int, progress: Progress, after: int, *, of: Collection[str]
) -> Iterator[list[Recorded]]:
    """Events of these types with after < position ≤ upto, in the log's order, some at a time."""
    position = after
    while found := read_all(after=position, upto=upto, types=of, limit=CHUNK):
        yield found
        position = found[-1].position
        progress(position, upto)
    progress(upto, upto)


def _ends(
    upto: int, accounts: Accounts, *, with_those_under: bool = False
) -> Iterator[tuple[MonthEnd, AccountOpened]]:
    """The ends of months of these accounts; those that were opened later are left out."""
    for end in month_ends(upto, with_those_under=with_those_under):
        if end.account in accounts:
            yield end, accounts[end.account]


# --- beancount -------------------------------------------------------------------------------


def as_beancount(upto: int, progress: Progress) -> Iterator[str]:
    """A beancount file with an exact balance of every account at every month's end."""
    accounts: Accounts = {}
    yield f'; Daybook at position {upto}\noption "title" "Daybook"\n'
    for recorded, event in events(upto, progress):
        if isinstance(event, AccountOpened):
            accounts[event.code] = event
            yield f"0001-01-01 open {beancount_name(event)} {_commodity(event)}\n"
        else:
            yield _beancount_transaction(recorded, event, accounts)
    # A balance here is that of an account and of all under it, at the beginning of a day.
    for end, account in _ends(upto, accounts, with_those_under=True):
        day, amount = end.on + timedelta(days=1), to_decimal_text(end.net, account.exponent)
        name, commodity = beancount_name(account), _commodity(account)
        yield f"{_day(day)} balance {name}  {amount} ~ 0 {commodity}\n"


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
        amount = f"{sign}{to_decimal_text(leg.amount, account.exponent)} {_commodity(account)}"
        lines.append(f"  {beancount_name(account)}  {amount}")
    return "\n".join([*lines, "\n"])


def _commodity(account: AccountOpened) -> str:
    """The currency's code; beancount's own words get an apostrophe, which no code of ours has."""
    code = account.currency
    return f"{code}'C" if code in {"TRUE", "FALSE", "NULL"} else code


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# --- hledger ---------------------------------------------------------------------------------


def as_hledger(upto: int, progress: Progress) -> Iterator[str]:
    """An hledger journal, strict, with the balance of every account at every month's end."""
    accounts: Accounts = {}
    commodities: set[str] = set()
    yield f"; Daybook at position {upto}\ndecimal-mark .\n"
    for recorded, event in events(upto, progress):
        if isinstance(event, TransferPosted):
            yield _hledger_transaction(recorded, event, accounts)
            continue
        accounts[event.code] = event
        if event.currency not in commodities:
            commodities.add(event.currency)
            # A point that no decimals follow says that there are none.
            places = "0" * event.exponent
            yield f"commodity 1.{places} {_hledger_commodity(event)}\n"
        yield f"account {hledger_name(event)}\n"
    # Of one day, what stands later in the file comes later, and so after all transactions.
    for end, account in _ends(upto, accounts):
        yield f"{_day(end.on)} * balance\n{_hledger_assertion(end, account)}\n"


def hledger_name(account: AccountOpened) -> str:
    """The account's name: its code, under what kind of account it is."""
    return f"{'liabilities' if account.normal_balance == 'credit' else 'assets'}:{account.code}"


def _hledger_transaction(recorded: Recorded, event: TransferPosted, accounts: Accounts) -> str:
    description = _one_line(event.description)
    code = _one_line(event.reference).replace("(", "[").replace(")", "]")
    # What stands in brackets first is the code; without one, a description might be taken for it.
    coded = f"({code}) " if code or description.startswith("(") else ""
    lines = [
        f"{_day(event.effective_on)} * {coded}{description}".rstrip(),
        f"    ; transfer:{id_of(recorded.stream)}",
    ]
    for leg in event.legs:
        account = accounts[leg.account]
        sign = "" if leg.direction == "debit" else "-"
        amount = f"{sign}{to_decimal_text(leg.amount, account.exponent)}"
        lines.append(f"    {hledger_name(account)}  {amount} {_hledger_commodity(account)}")
    return "\n".join([*lines, "\n"])


def _hledger_assertion(end: MonthEnd, account: AccountOpened) -> str:
    commodity = _hledger_commodity(account)
    zero, net = (to_decimal_text(amount, account.exponent) for amount in (0, end.net))
    return f"    {hledger_name(account)}  {zero} {commodity} = {net} {commodity}\n"


def _hledger_commodity(account: AccountOpened) -> str:
    """The currency's code; with anything but letters in it, it has to be quoted."""
    code = account.currency
    return code if re.fullmatch("[A-Z]+", code) else f'"{code}"'


def _one_line(text: str) -> str:
    """A text without line feeds, and with commas for semicolons, which would begin a comment."""
    return " ".join(text.replace(";", ",").split())


def _day(day: date) -> str:
    return f"{day.year:04}-{day.month:02}-{day.day:02}"
