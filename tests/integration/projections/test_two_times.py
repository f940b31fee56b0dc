"""Every answer as of any two times is the plain sum of what was known then, up to that date."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.engine.run import run
from commands.ledger.messages import ChangeAccountDetails
from eventstore.events.ledger import (
    AccountCredited,
    AccountDebited,
    AccountDetailsChanged,
    AccountOpened,
    id_of,
)
from eventstore.registry import load
from eventstore.store import latest_position, read_all
from eventstore.values import told
from projections.ledger import queries, statements
from projections.ledger.history import Moment
from projections.ledger.queries import Line
from projections.ledger.statements import Cut
from tests.examples.asking import ask, asking
from tests.examples.ledger import credit, debit, open_account, pay, transfer
from tests.examples.people import SAM
from tests.examples.worlds import undone

pytestmark = pytest.mark.django_db

CODES = ("a", "b", "c")
DAYS = 6
TODAY = datetime.now(UTC).date() - timedelta(days=1)
"""Nobody's clock turns it into tomorrow while the tests run."""
VIEWER = SAM.principal

days = st.integers(0, DAYS).map(lambda back: TODAY - timedelta(days=back))
payments = st.builds(
    lambda pair, amount, on: pay(*pair, amount, effective_on=on),
    st.permutations(("world", *CODES)).map(lambda codes: codes[:2]),
    st.integers(1, 9),
    days,
)
splits = st.builds(
    lambda codes, amount, on: transfer(
        debit(codes[0], 2 * amount),
        credit(codes[1], amount),
        credit(codes[2], amount),
        effective_on=on,
    ),
    st.permutations(("world", *CODES)),
    st.integers(1, 9),
    days,
)
renames = st.builds(
    lambda code, name: ChangeAccountDetails(account=code, name=name),
    st.sampled_from(CODES),
    st.text("xyz", min_size=1, max_size=3),
)
openings = st.sampled_from(CODES).map(
    lambda code: open_account(
        code, overdraft_limit=None, normal_balance="debit" if code == "c" else "credit"
    )
)
batches = st.lists(
    st.lists(payments | splits | renames | openings, min_size=1, max_size=6), min_size=1, max_size=8
)


def holds_for(histories: Any, many: int, check: Callable[..., None]) -> None:
    """`check` holds after each of these histories, none of which leaves a trace."""

    @settings(
        max_examples=many, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(histories, st.data())
    def holds(history, data):
        with undone():
            ask(open_account("world", overdraft_limit=None))
            for batch in history:
                run([asking(command) for command in batch])
            check(data)

    holds()


def happened(upto: int) -> Iterator[tuple[str, Any]]:
    """What happened to accounts up to a position."""
    for recorded in read_all(upto=upto, limit=None):
        if recorded.stream.startswith("account-"):
            yield id_of(recorded.stream), load(recorded)


def summed(upto: int, day: date | None) -> dict[str, dict[str, Any]]:
    """The accounts as of two times, added up from all events in plain Python."""
    found: dict[str, dict[str, Any]] = {}
    for code, event in happened(upto):
        if isinstance(event, AccountOpened):
            found[code] = {"name": event.name, "debits": 0, "credits": 0, "version": 1}
            continue
        found[code]["version"] += 1
        if isinstance(event, AccountDetailsChanged):
            found[code] |= told(event)
        elif day is None or event.effective_on <= day:
            side = "debits" if isinstance(event, AccountDebited) else "credits"
            found[code][side] += event.amount
    return found


def moments(data: Any) -> Moment:
    """Any position there is, with any date or none."""
    head = latest_position()
    position = data.draw(st.integers(0, head))
    day = data.draw(st.none() | days | st.just(TODAY + timedelta(days=9)))
    return Moment(position, day, past=position < head, fixed=True)


def test_accounts_are_what_all_events_known_then_add_up_to(request):
    def check(data):
        for _ in range(8):
            moment = moments(data)
            rows = queries.accounts(VIEWER, limit=99, moment=moment)
            shown = {
                row.account: {
                    name: getattr(row, name) for name in ("name", "debits", "credits", "version")
                }
                for row in rows
            }
            assert shown == summed(moment.position, moment.day)
            assert all((row.held is None) == (moment.day is not None) for row in rows)

    holds_for(batches, 300 if request.config.getoption("--all") else 40, check)


def test_entries_are_those_known_then_and_balances_are_by_position(request):
    def check(data):
        for _ in range(4):
            moment = moments(data)
            for row in queries.accounts(VIEWER, limit=99, moment=moment):
                expected, balance = [], 0
                for code, event in happened(moment.position):
                    if code != row.account or not isinstance(
                        event, AccountDebited | AccountCredited
                    ):
                        continue
                    up = isinstance(event, AccountCredited) == (row.normal_balance == "credit")
                    balance += event.amount if up else -event.amount
                    if moment.day is None or event.effective_on <= moment.day:
                        expected.append((event.transfer, balance))
                found = queries.entries(row, limit=999, moment=moment)
                assert [(line.transfer, line.balance) for line in found] == expected

    holds_for(batches, 300 if request.config.getoption("--all") else 20, check)


def test_any_division_of_time_agrees_and_its_parts_are_the_whole(request):
    def check(data):
        for _ in range(3):
            moment = replace(moments(data), day=None)
            cuts = sorted({*data.draw(st.lists(days, max_size=3))})
            limit = data.draw(st.integers(1, 5))
            for row in queries.accounts(VIEWER, limit=99, moment=moment):
                whole = Cut(row, moment)
                parts = [
                    Cut(row, moment, since, until) for since, until in pairwise([None, *cuts, None])
                ]
                is_divided(whole, [replace(p, since=after(p.since)) for p in parts], limit)

    holds_for(batches, 300 if request.config.getoption("--all") else 20, check)


def after(day: date | None) -> date | None:
    return day and day + timedelta(days=1)


def is_divided(whole: Cut, parts: list[Cut], limit: int) -> None:
    """One part closes as the next one opens, each is added up, and together they are the whole."""
    edges = [statements.edges(part) for part in parts]
    between = statements.edges(whole)
    assert (edges[0].opening, edges[-1].closing) == (between.opening, between.closing)
    assert [each.closing for each in edges[:-1]] == [each.opening for each in edges[1:]]
    assert sum(each.debits for each in edges) == between.debits
    assert sum(each.credits for each in edges) == between.credits
    lines = []
    for part, edge in zip(parts, edges, strict=True):
        found = list(statements.whole_statement(part, chunk=limit))
        balance = edge.opening
        for line in found:
            up = (line.direction == "credit") == (whole.of.normal_balance == "credit")
            balance += line.amount if up else -line.amount
            assert line.balance == balance
        assert balance == edge.closing
        assert backwards(part, limit) == found[::-1]
        lines += found
    assert lines == list(statements.whole_statement(whole))
    assert [(line.effective_on, line.position) for line in lines] == sorted(
        (line.effective_on, line.position) for line in lines
    )


def backwards(cut: Cut, limit: int) -> list[Line]:
    """The lines of a statement, newest first, in pages."""
    found: list[Line] = []
    place = None
    while True:
        page = statements.statement(cut, after=place, limit=limit, descending=True)
        found += page.lines
        if (place := page.last) is None:
            return found
