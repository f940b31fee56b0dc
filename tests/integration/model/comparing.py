"""What the product keeps held against what the model does, and against what must always hold."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from eventstore import verification
from eventstore.store import latest_position
from projections.engine.projector import projections
from projections.engine.rebuild import rebuild
from tests.examples.driving import Tables, folded
from tests.examples.following import follow, rows
from tests.examples.model import Books
from tests.examples.model.accounts import show_book


def nothing_differs(books: Books, now: datetime) -> dict[str, int | None]:
    """The read tables say what the model does, and the rules see the same.

    What is available of each account then, by the product alone.
    """
    books.now = now
    found = Tables.read(now)
    assert found.accounts.keys() == books.accounts.keys()
    for code, row in found.accounts.items():
        assert alike(row, books.show(code)), f"{row} is not {books.show(code)}"
    holds = [hold for account in books.accounts.values() for hold in account.holds.values()]
    assert found.holds.keys() == {hold.id for hold in holds}
    for hold in holds:
        assert alike(found.holds[hold.id], hold.shown(now)), f"{found.holds[hold.id]}: {hold}"
    instructions_are_the_same(found, books)
    assert found.closed_through == show_book(books)["closed_through"]
    return in_itself(found, now)


def instructions_are_the_same(found: Tables, books: Books) -> None:
    """Alerts, sweeps and standing orders; an account that was never set to anything has no row."""
    for code, account in books.accounts.items():
        above, target = account.sweep or (None, None)
        row, told = found.settings.get(code), (account.low, above, target)
        kept = (row["low"], row["above"], row["target"]) if row else (None, None, None)
        assert kept == told, f"{code} is set to {kept}, not {told}"
    assert found.orders.keys() == books.orders.keys()
    for id_, order in books.orders.items():
        told, row = order.shown(), found.orders[id_]
        last = told["last"] or dict.fromkeys(("on", "transfer", "code"))
        told |= {"account": told["from"], "payee": told["to"]}
        told |= {f"done_{name}": value for name, value in last.items()}
        assert alike(row, told), f"{row} is not {told}"


def in_itself(found: Tables, now: datetime) -> dict[str, int | None]:
    """Debits are credits, what is held are the open holds, and states are what is read."""
    sums: dict[str, int] = defaultdict(int)
    available: dict[str, int | None] = {}
    for code, state in folded(list(found.accounts)).items():
        row, held = found.accounts[code], found.held(code)
        sums[row["currency"]] += row["credits"] - row["debits"]
        assert (state.debits, state.credits) == (row["debits"], row["credits"])
        overdue = sum(state.holds[id_].remaining for id_ in state.overdue(now))
        assert state.held - overdue == held, f"{code} has {state.held} held, not {held}"
        limit = state.overdraft_limit
        available[code] = None if limit is None else state.posted - held + limit
    assert not any(sums.values()), f"credits and debits differ: {sums}"
    return available


def alike(row: dict[str, Any], shown: dict[str, Any]) -> bool:
    """Whether a row has what is told of it, as far as it has such columns; amounts are numbers."""
    told = {name: value for name, value in shown.items() if name in row and name != "expires_at"}
    return all(str(row[name]) == str(value) for name, value in told.items())


def rebuilt_the_same() -> None:
    """Each read table that is made anew from the log has the rows that were kept."""
    follow()
    for each in projections():
        kept = rows(each)
        rebuild(each)
        assert rows(each) == kept, f"{each.name} is another when it is made anew"


def verify() -> None:
    """Everything that can be made anew from the log is what was kept."""
    position = latest_position()
    for check in verification.checks():
        found = list(check.find(position, lambda done, total: None))
        assert found == [], f"{check.name}: {found[:3]}"
