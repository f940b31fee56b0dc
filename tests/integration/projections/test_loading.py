"""However large events are, and however many rows one of them changes, memory is bounded."""

import gc
import tracemalloc
from uuid import UUID

import pytest
from django.db import connection

from eventstore import scanning
from eventstore.store import ANY, Append, NewEvent, append, latest_position
from projections.engine import loading
from projections.engine.copying import copy_in, writer
from projections.engine.differences import differences
from projections.engine.projector import projections
from projections.engine.rebuild import rebuild
from projections.engine.tables import Table
from projections.ledger.models import AccountDetails

pytestmark = pytest.mark.django_db

MB = 2**20
DAY = "2026-01-01"
FACTS = {"metadata": {f"key {n}": "x" * 150 for n in range(40)}}


def projection(name):
    return {each.name: each for each in projections()}[name]


def new(kind, data):
    return NewEvent(f"ledger.{kind}", data)


def opened():
    account = {"code": "a", "name": "A", "currency": "EUR", "exponent": 2, "overdraft_limit": None}
    return new("account_opened", {**account, "normal_balance": "credit"})


def many_legs():
    """Transfers of a hundred legs each."""
    legs = [
        {"account": f"customers:{n}", "direction": "debit", "amount": str(n)} for n in range(100)
    ]
    for n in range(300):
        posted = new("transfer_posted", {"legs": legs, "effective_on": DAY})
        append(Append(f"transfer-{UUID(int=n)}", [posted], ANY))


def many_holds():
    """Holds that expire a thousand at once."""
    for account in range(10):
        ids = [str(UUID(int=account * 1_000 + n)) for n in range(1_000)]
        placed = [new("hold_placed", {"hold": each, "amount": "1"}) for each in ids]
        expired = new("hold_expired", {"holds": ids})
        append(Append(f"account-a{account}", [opened(), *placed, expired], ANY))


def many_details():
    """Accounts whose last row carries on kilobytes of metadata."""
    for n in range(300):
        append(Append(f"account-d{n}", [opened(), new("account_details_changed", FACTS)], ANY))


@pytest.mark.parametrize("work", [rebuild, differences])
@pytest.mark.parametrize(
    ("name", "make", "most"),
    [("transfers", many_legs, 6), ("details", many_details, 6), ("holds", many_holds, 6)],
)
def test_what_is_in_memory_does_not_grow_with_what_is_written(monkeypatch, name, make, most, work):
    """With bounds of a quarter of a megabyte; without them it would be tens of megabytes."""
    make()
    rebuild(projection(name))
    unbounded = peak(name, work)
    monkeypatch.setattr(scanning, "SIZE", MB // 4)
    monkeypatch.setattr(loading, "BYTES", MB // 4)
    monkeypatch.setattr(loading, "MOST", 1_000)
    bounded = peak(name, work)
    assert bounded < most * MB
    assert unbounded > 1.3 * bounded
    assert list(differences(projection(name))) == []


def peak(name, work):
    """The most that was in memory, in bytes, while a table was made anew or compared."""
    gc.collect()
    tracemalloc.start()
    try:
        work(projection(name))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_rows_that_many_events_change_stay_though_much_was_taken(monkeypatch):
    """A few accounts with events for ever are weighed, and need not be looked up."""
    monkeypatch.setattr(loading, "BYTES", 2_000)
    moved = {"transfer": str(UUID(int=1)), "amount": "1", "effective_on": DAY}
    moves = [new(f"account_{side}ed", moved) for side in ("debit", "credit") * 300]
    append(Append("account-a", [opened(), *moves], ANY))
    indexed = []
    filling = loading.loader(projection("balances"), lambda: indexed.append(1))
    scan = scanning.Scan(projection("balances").types)
    after, end = 0, latest_position()
    while after < end:
        some = scan.next(after, end, 10)
        filling.take(some, some.size)
        assert not filling.full
        after = some.reached
    assert indexed == []


def test_any_text_is_written_so_that_the_database_reads_it_back():
    table = Table(AccountDetails)
    texts = ["\t", "\\N", "\\", "a\nb", "\r", "\x01", "ä€😀", "'\"{}", "", "\\.", " "]
    rows = []
    for n, text in enumerate(texts, start=10**9):
        row = table.row()
        row.position, row.account, row.name, row.version = n, text, text, 1
        row.metadata, row.owner, row.overdraft_limit = {text: text}, UUID(int=n), 10**40
        rows.append(row)
    copy_in(table, list(map(writer(table), rows)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_accountdetails WHERE frozen_scope IS NULL")
    found = AccountDetails.objects.filter(position__gte=10**9).order_by("position")
    assert [
        (each.account, each.name, each.metadata, each.owner, each.overdraft_limit) for each in found
    ] == [(row.account, row.name, row.metadata, row.owner, row.overdraft_limit) for row in rows]
