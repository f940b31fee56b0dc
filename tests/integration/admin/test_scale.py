"""The windows on large tables: no list, search, filter or day looks at more than a few rows."""

import re
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eventstore import statistics
from eventstore.window import Rows
from tests.examples.many import OLD_ASKER, insert_many
from tests.integration.admin.windows import listed, text

pytestmark = pytest.mark.django_db

FEW, SOME = 2_500, 6_000
DAY, LATER = (f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}" for days in (1, 30))


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """A page without an index stops looking after 500 rows."""
    monkeypatch.setattr(Rows, "most", 500)


def looked_at(plan: dict) -> float:
    """Rows that a statement read from tables, whether it used them or not."""
    inner = plan.get("Plans", [])
    passed = 0 if inner else plan["Actual Rows"]
    removed = sum(rows for name, rows in plan.items() if name.startswith("Rows Removed"))
    return sum(map(looked_at, inner)) + (passed + removed) * plan["Actual Loops"]


def worst(captured: CaptureQueriesContext) -> float:
    """The most rows that any of these statements looks at."""
    selects = [q["sql"] for q in captured if q["sql"].lstrip().startswith(("SELECT", "WITH"))]
    costs = []
    with connection.cursor() as cursor:
        for sql in selects:
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}")
            (found,) = cursor.fetchone()
            found = orjson.loads(found) if isinstance(found, str) else found
            costs.append(looked_at(found[0]["Plan"]))
    return max(costs)


LISTS = {
    "eventstore_event": [
        *["", "after=300", "q=account-old", "q=account-old&after=4000", "q=account-busy"],
        *["q=account-17001", "q=account-nobody", "q=account-", "q=nothing-", "q=77"],
        *["q=account-busy&type=ledger.transfer_posted", "q=account-&type=ledger.transfer_posted"],
        *[
            "type=ledger.transfer_posted",
            "type=ledger.account_details_changed",
            "type=nothing",
            "type=ledger.account_debited",
        ],
        *[f"when={DAY}", f"when={LATER}", f"when={LATER}&type=ledger.transfer_posted"],
        *[f"when={DAY}&q=account-old", f"when={LATER}&q=account-old", "when=2001"],
        *[f"when={LATER}&q=account-busy", f"when={DAY}&q=account-busy"],
    ],
    "eventstore_stream": ["", "q=account-x7", "q=account-x7&after=account-x77", "q=nothing"],
    "commands_request": [
        *["", "status=refused", "status=succeeded", "command=open_account", "source=form"],
        *[
            "q=sam",
            "q=sam&status=refused",
            "q=sam&source=form",
            "q=many-777",
            "q=world",
            "q=account-ann",
            "q=world&status=refused",
            "q=nothing",
        ],
        *[
            f"q={OLD_ASKER}",
            f"q={OLD_ASKER}&source=form",
            f"when={DAY}",
            f"when={LATER}&source=form",
        ],
        *[f"when={LATER}&status=refused", "status=refused&command=open_account"],
    ],
    "ledger_balance": [
        "",
        "status=frozen",
        "q=many7",
        "q=many7&status=closed",
        "q=nothing",
        "q=@sam",
        "q=@ann",
        "q=@nobody",
        "q=Many",
        "q=Nobody",
    ],
    "ledger_entry": [
        *["", "direction=debit", "q=old", "q=busy", "q=ann", "q=busy&direction=debit", "q=77"],
        *[f"when={DAY}", f"when={LATER}", f"when={LATER}&direction=debit"],
    ],
    "ledger_activity": [
        *["", "kind=frozen", "kind=closed", "kind=credited", "q=old", "q=busy", "q=ann", "q=77"],
        *["q=busy&kind=frozen", f"when={LATER}", f"when={LATER}&kind=credited"],
    ],
    "ledger_transfer": [
        "",
        "q=many-7700",
        "q=old",
        "q=77",
        "q=nothing",
        "q=Rent",
        f"when={LATER}&q=Rent",
        "q=ann",
        "q=busy",
        "q=busy&after=50000",
        f"q=busy&when={LATER}",
        f"when={DAY}",
        f"when={LATER}",
    ],
}


def test_whatever_is_asked_of_a_list_looks_at_few_rows(vic):
    insert_many()
    costly = {}
    for window, queries in LISTS.items():
        for query in queries:
            with CaptureQueriesContext(connection) as captured:
                assert vic.get(f"{listed(window)}?{query}").status_code == 200
            if (cost := worst(captured)) > FEW:
                costly[window, query] = cost
    assert costly == {}


def test_a_filter_without_an_index_is_followed_to_the_end_of_the_table(vic):
    insert_many(SOME)
    address, seen, pages = f"{listed('commands_request')}?command=open_account", [], 0
    while address:
        answer = vic.get(address)
        changes = answer.context["cl"]
        seen += [row.command for row in changes.result_list]
        pages += 1
        if changes.following:
            assert "500 rows were looked at" in answer.content.decode()
        address = changes.following and listed("commands_request") + changes.following
    assert seen == ["open_account"] * 2
    assert pages == SOME // 500 + 1


def test_the_pages_of_a_stream_join_without_gap_or_repetition(vic):
    insert_many(SOME)
    address, seen = f"{listed('eventstore_event')}?q=account-old", []
    while address:
        changes = vic.get(address).context["cl"]
        seen += [row.version for row in changes.result_list]
        address = changes.following and listed("eventstore_event") + changes.following
    assert seen == list(range(5000, 0, -1))


def test_a_day_of_a_stream_holds_its_events_of_that_day(vic):
    insert_many(SOME)
    for query, days in ((f"q=account-old&when={DAY}", {DAY}), (f"q=account-ann&when={DAY}", set())):
        changes = vic.get(f"{listed('eventstore_event')}?{query}").context["cl"]
        assert {f"{row.recorded_at:%Y-%m-%d}" for row in changes.result_list} == days


@pytest.mark.parametrize(
    ("window", "few"),
    [
        ("eventstore_event", ["q=account-old", "type=ledger.transfer_posted", f"when={DAY}"]),
        ("commands_request", ["q=sam", "status=succeeded", f"when={LATER}"]),
    ],
)
def test_a_whole_list_says_about_how_many_rows_there_are(vic, window, few):
    insert_many(SOME)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {window}")
    with CaptureQueriesContext(connection) as captured:
        first = vic.get(listed(window))
    assert not [query for query in captured if "COUNT(" in query["sql"].upper()]
    following = vic.get(listed(window) + first.context["cl"].following)
    for page in (first, following):
        (about,) = re.findall(r"about ([\d,]+) rows", text(page))
        assert int(about.replace(",", "")) == pytest.approx(SOME, rel=0.5)
    for query in few:
        assert not re.search(r"about [\d,]+ rows", text(vic.get(f"{listed(window)}?{query}")))


@pytest.mark.parametrize("estimate", [-1, 0, 7])
def test_a_list_says_nothing_where_statistics_know_less_than_it_shows(vic, estimate, monkeypatch):
    assert "rows." not in text(vic.get(listed("eventstore_event")))
    insert_many(SOME)
    monkeypatch.setattr(statistics, "ESTIMATE", f"SELECT {estimate}::bigint WHERE %s <> ''")
    changes = vic.get(listed("eventstore_event")).context["cl"]
    assert changes.following
    assert changes.total is None
