"""The trial balance and the tree: sums of events, at any date and position."""

from collections import defaultdict
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commands.ledger.messages import CaptureHold, PlaceHold
from eventstore.events.ledger import AccountCredited, AccountDebited, AccountOpened, id_of
from eventstore.ids import uuid7
from eventstore.registry import load
from eventstore.store import latest_position, read_all
from projections.ledger import totals
from projections.ledger.totals import Asked, Subtotal
from tests.examples.asking import ask
from tests.examples.factories import user
from tests.examples.ledger import credit, debit, open_account, pay, transfer
from tests.examples.people import ANN, EVE, SAM

pytestmark = pytest.mark.django_db

DAYS = [date(2026, 1, day) for day in (5, 3, 9)]


@pytest.fixture
def books():
    """Two currencies, two normal balances, three days that are not recorded in their order."""
    for code in ("outside:bank", "outside:fx"):
        ask(open_account(code, overdraft_limit=None))
    ask(open_account("outside:usd", currency="USD", overdraft_limit=None))
    ask(open_account("fx:usd", currency="USD", overdraft_limit=None))
    ask(open_account("till", normal_balance="debit"))
    ask(open_account("customers", owner=user(ANN).id))
    ask(open_account("customers:ann", owner=ANN.id))
    ask(open_account("customers:ann:usd", owner=ANN.id, currency="USD"))
    ask(open_account("customers-old:zoe"))
    ask(open_account("never:used"))
    for number, day in enumerate(DAYS, start=1):
        about = {"effective_on": day}
        ask(pay("outside:bank", "customers:ann", 100 * number, **about))
        ask(pay("outside:usd", "customers:ann:usd", 10 * number, **about))
        ask(pay("till", "customers-old:zoe", number, **about))
        fx = [debit("customers:ann", 7), credit("outside:fx", 7)]
        fx += [debit("fx:usd", 5), credit("customers:ann:usd", 5)]
        ask(transfer(*fx, **about))


def asked(**about) -> Asked:
    return Asked(**{"viewer": SAM.principal, "position": latest_position(), **about})


def folded(position: int, as_of: date | None) -> dict[str, tuple[str, str, int, int]]:
    """Currency, normal balance, debits and credits of each account, straight from the events."""
    opened, sums = {}, defaultdict(lambda: [0, 0])
    for recorded in read_all(upto=position, limit=None):
        event = load(recorded)
        if isinstance(event, AccountOpened):
            opened[event.code] = event
            continue
        moves = isinstance(event, AccountDebited | AccountCredited)
        if moves and (as_of is None or event.effective_on <= as_of):
            sums[id_of(recorded.stream)][isinstance(event, AccountCredited)] += event.amount
    return {
        code: (opened[code].currency, opened[code].normal_balance, *both)
        for code, both in sorted(sums.items())
    }


def lines(of: Asked) -> dict[str, tuple[str, str, int, int]]:
    return {
        row.part: (row.currency, row.normal_balance, row.debit, row.credit)
        for row in totals.rows(of, limit=1_000)
        if row.touched
    }


@pytest.mark.parametrize("as_of", [None, date(2026, 1, 2), *DAYS])
def test_at_every_position_and_date_it_is_what_the_events_say_and_sums_to_zero(books, as_of):
    for position in range(latest_position() + 1):
        at = totals.whole(position)
        of = asked(position=at, as_of=as_of)
        assert lines(of) == {
            code: (currency, side, max(out - in_, 0), max(in_ - out, 0))
            for code, (currency, side, out, in_) in folded(at, as_of).items()
        }
        assert {each.difference for each in totals.sums(of)} <= {0}


def test_no_position_cuts_a_transfer_in_two(books):
    events = read_all(limit=None)
    for event in events:
        at = totals.whole(event.position)
        following = events[at] if at < len(events) else None
        request = events[at - 1].metadata["request"] if at else None
        transfers = {"ledger.account_debited", "ledger.account_credited"}
        cut = following and following.type in transfers and events[at - 1].type in transfers
        assert not (cut and following.metadata["request"] == request)
        assert event.position - at <= 4


def test_a_capture_is_not_cut_in_two_either(books):
    hold = uuid7()
    about = {"account": "customers:ann", "payee": "customers-old:zoe", "hold": hold}
    assert ask(PlaceHold(amount=9, **about)).succeeded
    before = latest_position()
    ask(CaptureHold(account="customers:ann", hold=hold, amount=4, final=False))
    ask(CaptureHold(account="customers:ann", hold=hold))
    for position in range(before, latest_position()):
        sums = totals.sums(asked(position=totals.whole(position)))
        assert [each.difference for each in sums] == [0, 0]
    assert lines(asked())["customers:ann"][3] == 579 - 9


def test_parts_of_codes_are_summed_by_currency_and_normal_balance(books):
    found = totals.rows(asked(depth=1), limit=100)
    assert [(row.part, row.currency, row.accounts, row.debit, row.credit) for row in found] == [
        ("customers", "EUR", 2, 0, 579),
        ("customers", "USD", 1, 0, 75),
        ("customers-old", "EUR", 1, 0, 6),
        ("fx", "USD", 1, 15, 0),
        ("never", "EUR", 1, 0, 0),
        ("outside", "EUR", 2, 600, 21),
        ("outside", "USD", 1, 60, 0),
        ("till", "EUR", 1, 6, 0),
    ]
    assert [row.part for row in found if not row.touched] == ["never"]
    assert totals.sums(asked(depth=1)) == totals.sums(asked())


@pytest.mark.parametrize("depth", [None, 1, 2])
@pytest.mark.parametrize("descending", [False, True])
def test_rows_and_nodes_come_in_pieces_that_join(books, depth, descending):
    of, order = asked(depth=depth), {"descending": descending}
    whole = totals.rows(of, limit=100, **order)
    pieces = totals.rows(of, limit=1, **order)
    while piece := totals.rows(of, after=pieces[-1].key, limit=1, **order):
        pieces += piece
    assert pieces == whole
    assert list(totals.all_rows(of, chunk=2)) == (whole[::-1] if descending else whole)
    tree = totals.nodes(of, limit=100, **order)
    nodes = totals.nodes(of, limit=1, **order)
    while piece := totals.nodes(of, after=nodes[-1].code, limit=1, **order):
        nodes += piece
    assert nodes == tree


def test_a_node_has_the_subtotals_of_all_under_it(books):
    nodes = {node.code: node for node in totals.nodes(asked(), limit=100)}
    assert list(nodes) == [
        "customers", "customers:ann", "customers:ann:usd", "customers-old", "customers-old:zoe",
        "fx", "fx:usd", "outside", "outside:bank", "outside:fx", "outside:usd", "till",
    ]  # fmt: skip
    ann = nodes["customers:ann"]
    assert (ann.depth, ann.accounts, ann.is_account) == (2, 2, True)
    assert ann.subtotals == [Subtotal("EUR", 2, 21, 600), Subtotal("USD", 2, 0, 75)]
    assert not nodes["customers"].is_account, "nothing was posted to it"
    assert nodes["customers"].subtotals == ann.subtotals
    assert nodes["till"].subtotals[0].net == -6
    assert [node.depth for node in totals.nodes(asked(depth=1), limit=100)] == [1] * 5


def test_everybody_sees_the_part_that_is_theirs(books):
    assert [node.code for node in totals.nodes(asked(viewer=ANN.principal), limit=100)] == [
        "customers", "customers:ann", "customers:ann:usd",
    ]  # fmt: skip
    assert totals.nodes(asked(viewer=EVE.principal), limit=100) == []
    of = asked(prefix="customers:")
    assert [row.part for row in totals.rows(of, limit=9)] == ["customers:ann", "customers:ann:usd"]
    assert [each.difference for each in totals.sums(of)] == [579, 75]


def test_totals_may_be_larger_than_any_amount():
    ask(open_account("world", overdraft_limit=None))
    ask(open_account("ann"))
    for _ in range(3):
        assert ask(pay("world", "ann", 10**38 - 1)).succeeded
    (total,) = totals.sums(asked())
    assert total.debit == total.credit == 3 * (10**38 - 1)
    assert totals.nodes(asked(), limit=1)[0].subtotals[0].credits == 3 * (10**38 - 1)


def test_each_is_one_statement(books):
    of = asked(as_of=DAYS[0])
    for ask_for in (
        lambda: totals.rows(of, limit=9),
        lambda: totals.sums(of),
        lambda: totals.nodes(of, limit=9),
    ):
        with CaptureQueriesContext(connection) as made:
            ask_for()
        assert len(made) == 1
