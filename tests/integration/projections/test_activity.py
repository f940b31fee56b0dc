"""What happened to accounts: the worker's table against the events, and who reads what of it."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eventstore.events.ledger import AccountFrozen
from eventstore.registry import new_event
from eventstore.store import ANY, Append, append, checkpoint, latest_position, read_all
from projections.engine import follow as following
from projections.engine.differences import differences
from projections.engine.operating import intervene
from projections.engine.reading import consumer
from projections.engine.rebuild import rebuild
from projections.engine.status import status_of
from projections.ledger.activity import Wanted, feed
from projections.ledger.activity_projector import KINDS, activity
from projections.ledger.models import Activity, Balance
from projections.ledger.projectors import daily_totals
from tests.examples.asking import ask
from tests.examples.clock import standing
from tests.examples.following import follow
from tests.examples.happening import DAYS, everything
from tests.examples.ledger import open_account, pay
from tests.examples.people import ANN, BOB, EVE, SAM, VIC
from tests.integration.admin.test_scale import worst

pytestmark = pytest.mark.django_db


@pytest.fixture
def happened():
    with standing() as clock:
        everything(clock)
        yield


def stored():
    return list(Activity.objects.order_by("position").values())


def said(recorded):
    """What an event says, straight from the log."""
    facts = dict(recorded.data)
    holds = facts.pop("holds", [])
    return {
        "position": recorded.position,
        "account": recorded.stream.removeprefix("account-"),
        "kind": recorded.type.replace("ledger.", "").replace("account_", ""),
        "amount": facts.pop("amount", None),
        "transfer": facts.pop("transfer", None),
        "holds": [*holds, *([facts.pop("hold")] if "hold" in facts else [])],
        "facts": facts,
        "request": recorded.metadata["request"],
        "recorded_at": recorded.recorded_at,
    }


def as_said(row):
    texts = {name: row[name] and str(row[name]) for name in ("amount", "transfer", "request")}
    return row | texts


def events():
    return [each for each in read_all(limit=None) if each.stream.startswith("account-")]


# --- the table -------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 7, 500])
def test_each_event_of_an_account_is_told_as_it_was_recorded(happened, monkeypatch, chunk):
    monkeypatch.setattr(following, "CHUNK", chunk)
    assert stored() == []
    follow()
    assert [as_said(row) for row in stored()] == [said(each) for each in events()]
    assert {row["kind"] for row in stored()} == set(KINDS)
    assert checkpoint(consumer("activity")) == latest_position()


def test_it_is_made_anew_as_it_was_and_goes_on(happened):
    follow()
    before = stored()
    Activity.objects.all().delete()
    assert len(list(differences(activity))) == len(before)
    rebuild(activity)
    assert stored() == before
    ask(pay("ann", "world", 1))
    follow()
    assert list(differences(activity)) == []
    assert len(stored()) == len(before) + 2


def test_an_event_that_cannot_be_told_stops_it_alone_until_it_is_left_out(happened):
    frozen = new_event(AccountFrozen(scope="all", reason="?"), {"request": "nobody"})
    append(Append("account-bob", [frozen], ANY))
    bad = latest_position()
    ask(pay("world", "ann", 1))
    follow()
    assert status_of(activity).stopped_before == bad
    assert status_of(daily_totals).lag_events == 0
    intervene(activity, "retry", by=SAM.id, reason="Again", position=None)
    follow()
    assert status_of(activity).stopped_before == bad
    intervene(activity, "skip", by=SAM.id, reason="No request", position=bad)
    follow()
    assert status_of(activity).lag_events == 0
    assert list(differences(activity)) == []
    told = [row["position"] for row in stored()]
    assert told == [each.position for each in events() if each.position != bad]


# --- reading ---------------------------------------------------------------------------------

VIEWERS = {
    "an owner": (ANN.principal, {"ann", "ann:till"}),
    "another": (BOB.principal, {"bob"}),
    "a stranger": (EVE.principal, set()),
    "who may view": (VIC.principal, {"ann", "ann:till", "bob", "world"}),
    "a token for some accounts": (replace(SAM.principal, prefix="ann:"), {"ann:till"}),
}
SOUGHT = [
    Wanted(),
    Wanted(account="ann"),
    Wanted(account="bob"),
    Wanted(account="nobody"),
    Wanted(prefix="ann"),
    Wanted(own=True),
    *(Wanted(kind=kind) for kind in KINDS),
    Wanted(account="ann", kind="hold_placed"),
    Wanted(prefix="ann:", kind="debited"),
    Wanted(since=DAYS[1]),
    Wanted(until=DAYS[1]),
    Wanted(since=DAYS[1], until=DAYS[1]),
    Wanted(until=DAYS[0], account="ann"),
]
OWNERS = {"ann": ANN.id, "ann:till": ANN.id, "bob": BOB.id}


def naive(viewer, sought):
    """The positions of the events that are asked for, oldest first."""
    who, seen = VIEWERS[viewer]
    return [
        each["position"]
        for each in map(said, events())
        if each["account"] in seen
        and sought.account in ("", each["account"])
        and each["account"].startswith(sought.prefix)
        and (not sought.own or OWNERS.get(each["account"]) == who.user)
        and sought.kind in ("", each["kind"])
        and (not sought.since or each["recorded_at"].date() >= sought.since)
        and (not sought.until or each["recorded_at"].date() <= sought.until)
    ]


@pytest.mark.parametrize("viewer", VIEWERS)
def test_pages_are_what_may_be_seen_of_what_is_asked_each_once(happened, viewer):
    follow()
    for sought in SOUGHT:
        expected = naive(viewer, sought)
        for limit in (5, 100):
            assert paged(viewer, sought, limit, descending=True) == expected[::-1], sought
            assert paged(viewer, sought, limit, descending=False) == expected, sought


def paged(viewer, sought, limit, upto=2**62, *, descending):
    about = {"upto": upto, "limit": limit, "descending": descending}
    found, after = [], 0
    while page := feed(VIEWERS[viewer][0], sought, after=after, **about):
        assert len(page) <= limit
        found += [each.of.position for each in page]
        after = found[-1]
    return found


def test_what_is_later_than_other_tables_know_is_left_out(happened):
    follow()
    for sought in (Wanted(), Wanted(account="ann"), Wanted(until=DAYS[1])):
        every = naive("who may view", sought)
        upto = every[len(every) // 2]
        known = [position for position in every if position <= upto]
        assert paged("who may view", sought, 5, upto, descending=False) == known < every
        assert paged("who may view", sought, 5, upto, descending=True) == known[::-1]


def test_what_is_looked_for_is_there_for_somebody(happened):
    follow()
    for sought in SOUGHT:
        found = [naive(viewer, sought) for viewer in VIEWERS]
        assert any(found) or sought.account == "nobody", sought


# --- much ------------------------------------------------------------------------------------

OWN, LIMIT = 10, 11
FEW = 60
"""Rows that are looked at for what was found: accounts, transfers and holds, and for dates."""
ACCOUNTS = """
INSERT INTO ledger_balance (account, name, currency, exponent, normal_balance, owner, metadata,
    version, status, debits, credits)
SELECT 'many:' || n, 'Many', 'EUR', 2, 'credit', %(owner)s, '{}', 1, 'open', 0, 0
FROM generate_series(1, %(own)s) AS n"""
# One in ten rows is Ann's; most of those are of her first account, and rare are those of a kind.
ROWS = """
INSERT INTO ledger_activity
    (position, account, kind, amount, transfer, holds, facts, request, recorded_at)
SELECT n, CASE WHEN n %% 10 > 0 THEN 'world' WHEN n %% 1000 > 0 THEN 'many:1'
        ELSE 'many:' || 1 + n / 1000 %% %(own)s END,
    CASE WHEN n %% 5000 = 0 THEN 'frozen' WHEN n %% 2 = 0 THEN 'credited' ELSE 'debited' END,
    1, gen_random_uuid(), '[]', '{}', NULL, now()
FROM generate_series(1, %(many)s::bigint) AS n"""


@pytest.mark.parametrize("many", [20_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
@pytest.mark.django_db(transaction=True)
def test_however_much_happened_a_page_looks_at_few_rows(many):
    ask(open_account("world"))
    Activity.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNTS, {"owner": ANN.id, "own": OWN})
        cursor.execute(ROWS, {"own": OWN, "many": many})
        cursor.execute("VACUUM ANALYZE ledger_activity, ledger_balance")
    costly = {}
    for who, accounts in ((ANN.principal, OWN), (VIC.principal, 1)):
        for sought in (
            *(Wanted(), Wanted(own=True), Wanted(kind="frozen"), Wanted(kind="debited")),
            *(Wanted(account="many:1", kind="debited"), Wanted(account="many:7")),
            *(Wanted(account="world", kind="frozen"), Wanted(kind="hold_expired")),
        ):
            for after, descending in ((0, True), (many // 2, True), (many // 2, False)):
                with CaptureQueriesContext(connection) as made:
                    feed(who, sought, upto=many, after=after, limit=LIMIT, descending=descending)
                if (cost := worst(made)) > accounts * (LIMIT + 2) + FEW:
                    costly[who.name, sought, after, descending] = cost
    assert costly == {}
    assert Balance.objects.filter(owner=ANN.id).count() == OWN
