"""The benchmarks' contenders do what they say, and the figures are what they are called."""

import http.client
from datetime import date

import pytest
from django.db import connection

from commands.engine import writer
from projections.engine.differences import differences
from projections.engine.projector import projections
from projections.ledger.models import Entry
from tests.benchmarks import handwritten, ours, rebuilt, report, roads, sourced, web
from tests.benchmarks.__main__ import CALLERS, CONNECTIONS, PACKAGES, Results, Scale
from tests.benchmarks.measure import Figures, alternating, middle, percentile
from tests.benchmarks.place import PEERS, empty_schema, in_peers_schema, reach
from tests.examples.asking import ask, rich
from tests.examples.ledger import pay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.tools]

SECONDS = 0.2
"""For the figures of a test, which nobody judges."""


@pytest.fixture
def peers():
    """The alternatives' tables, in the test database."""
    empty_schema(PEERS)
    handwritten.make_tables()
    yield
    if sourced.bank.cache_info().currsize:
        sourced.bank().close()
        sourced.bank.cache_clear()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {PEERS} CASCADE")


def moved():
    """How often the hand-written tables say that money was moved, if each of them says the same."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT count(*) FROM {PEERS}.request),"
            f" (SELECT count(*) / 2 FROM {PEERS}.entry), (SELECT sum(amount) FROM {PEERS}.entry),"
            f" (SELECT sum(balance) - count(*) * 1000000000 FROM {PEERS}.account)"
        )
        requests, pairs, entered, gained = cursor.fetchone()
    assert (requests, 0, 0) == (pairs, entered, gained)
    return requests


def test_each_hand_written_form_moves_money_and_loses_none(peers):
    forms = [
        lambda: handwritten.by_pgbench(SECONDS),
        lambda: handwritten.by_pgbench(SECONDS, hot=True),
        lambda: handwritten.by_psycopg(3, SECONDS),
        lambda: handwritten.by_psycopg(3, SECONDS, pipeline=True),
    ]
    before = 0
    for form in forms:
        figures = form()
        after = moved()
        assert after - before >= figures.per_s * SECONDS > 0
        assert 0 < figures.p50_ms <= figures.p99_ms
        before = after
    assert handwritten.tpc_b(SECONDS).per_s > 0


def test_the_event_sourced_peer_moves_money_and_loses_none(peers, monkeypatch):
    monkeypatch.setattr("tests.benchmarks.place.ACCOUNTS", 20)
    sourced.open_accounts(20)
    assert sourced.transfers(3, 10 * SECONDS).per_s > 0
    balances = [sourced.bank().account(number).balance for number in range(1, 21)]
    assert sum(balances) == 0
    assert any(balances)


def test_ours_are_transfers_by_the_writer(monkeypatch):
    monkeypatch.setattr("tests.benchmarks.place.ACCOUNTS", 20)
    ours.open_accounts(20)
    try:
        assert ours.transfers(3, SECONDS).per_s > 0
        assert ours.transfers(3, SECONDS, ours.hot).per_s > 0
    finally:
        writer.stop()
    assert ours.one_by_one(ours.OUTSIDE, 3).per_s > 0
    assert ours.fill(200) >= 200
    assert [found for each in projections() for found in differences(each)] == []


@pytest.fixture
def made():
    """What the tables that were made by hand differ in from ours: nothing, if all is well."""

    def differing():
        with connection.cursor() as cursor:
            for ours_, theirs, columns in (
                ("ledger_entry", "made_entry", "*"),
                ("ledger_balance", "made_balance", "account, debits, credits"),
            ):
                pair = f"SELECT {columns} FROM {ours_}", f"SELECT {columns} FROM {theirs}"
                cursor.execute(
                    f"({pair[0]} EXCEPT {pair[1]}) UNION ALL ({pair[1]} EXCEPT {pair[0]})"
                )
                yield from cursor.fetchall()

    yield differing
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS made_balance, made_entry")


def test_whoever_makes_balances_and_entries_again_makes_the_same(made):
    for code in ("ann", "bob"):
        rich(code, 100)
    for amount in (3, 4):
        ask(pay("ann", "bob", amount, effective_on=date(2026, 1, 2)))
    before = rebuilt.count()
    assert rebuilt.ours().keys() == {"lock_ms", "memory_mb"}
    for make in (rebuilt.by_copy, rebuilt.by_sql):
        make("public")
        assert list(made()) == []
    assert before == Entry.objects.count() == 8


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_the_site_of_rows_moves_money_and_loses_none(peers, interface):
    with web.crud(interface) as site:
        asked = http.client.HTTPConnection("127.0.0.1", site.port)
        statuses = []
        for body in ('{"source": 1, "target": 2, "amount": 5}', "{}"):
            asked.request("POST", web.THEIR_PATH, body, {"Content-Type": "application/json"})
            answer = asked.getresponse()
            answer.read()
            statuses.append(answer.status)
        asked.request("POST", web.EMPTY_PATH)
        assert (statuses, asked.getresponse().status) == ([201, 400], 201)
        asked.close()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, balance FROM {PEERS}.account WHERE id < 3 ORDER BY id")
        assert cursor.fetchall() == [(1, 999999995), (2, 1000000005)]
        cursor.execute(f"SELECT account, amount FROM {PEERS}.entry ORDER BY id")
        assert cursor.fetchall() == [(1, -5), (2, 5)]


def test_a_percentile_is_a_value_that_so_many_do_not_exceed():
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, p) for p in (1, 50, 99, 100)] == [1, 50, 99, 100]
    assert percentile([7.0], 50) == percentile([7.0], 99) == 7


def test_figures_are_a_rate_and_milliseconds():
    figures = Figures.of([0.001] * 98 + [0.5, 0.9], seconds=2)
    assert figures == Figures(per_s=50, p50_ms=1, p99_ms=500)


def test_contenders_take_turns_and_the_middle_round_counts(capsys):
    order = []

    def contender(name, *rates):
        rounds = iter(rates)

        def measured():
            order.append(name)
            return Figures(next(rounds), 1, 2)

        return measured

    found = alternating({"a": contender("a", 1, 9, 5), "b": contender("b", 2, 2, 2)}, 3, "it")
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert found["a"] == {"per_s": 5, "p50_ms": 1, "p99_ms": 2}
    assert middle([Figures(1, 5, 9), Figures(3, 4, 8), Figures(2, 6, 7)]) == Figures(2, 5, 8)
    assert "it, a: 9/s" in capsys.readouterr().err


def test_a_full_run_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.benchmarks.__main__._commit", lambda: "abc")
    full, file = Scale(full=True), tmp_path / "bench.json"
    Results(file, full).part("service.8", lambda: "measured")
    again = Results(file, full)
    again.part("service.8", lambda: pytest.fail("measured again"))
    again.part("finished", lambda: "now")
    assert again.found["service"] == {"8": "measured"}
    assert "service" not in Results(file, full).found
    assert "service" not in Results(file, Scale(full=False)).found


def levels(base, names, several):
    figures = {"per_s": base, "p50_ms": 1.5, "p99_ms": 20.0}
    return {
        str(level): {name: {**figures, "per_s": base * n} for n, name in enumerate(names, 1)}
        for level in several
    }


def test_the_report_is_made_of_ratios_and_stands_in_the_document(tmp_path, monkeypatch):
    flat = {"10": {"per_s": 7.0, "p99_ms": 3.0}}
    parts = ("stream_length", "store_size", "hot_account", "processes")
    pages = {"100000": {"per_s": 50.0, "p50_ms": 20.0, "p99_ms": 30.0}}
    held = dict.fromkeys(("without", "first", "last"), flat)
    found = {
        "scale": "quick", "date": "2026-01-31", "machine": "2 cores",
        "versions": dict.fromkeys(PACKAGES, "1"),
        "service": levels(1000, ["handwritten", "ours"], CALLERS),
        "http": levels(100, ["crud_wsgi", "ours"], CONNECTIONS),
        "roads": {**levels(100, ["awaited", "queued", "gateway"], roads.CONNECTIONS),
                  "drained_per_s": 1234.0},
        "flat": {**dict.fromkeys(parts, flat), "account_page": pages,
                 "snapshot_held": {"seconds": 9, **held}},
        "rebuild": {"events": 5000, "events_per_s": 300, "copy_limit_per_s": 600,
                    "sql_limit_per_s": 3000, "lock_ms": 7, "memory_mb": 90},
        "memory_mb": {"server_started": 80.0, "server_after": 90.0},
    }  # fmt: skip
    document = tmp_path / "performance.md"
    document.write_text(f"# Before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    monkeypatch.setattr(report, "DOCUMENT", document)
    report.write(found)
    report.write(found)
    text = document.read_text()
    assert text.startswith("# Before\n") and text.endswith("\nafter\n") and "old" not in text
    assert text.count("| **Daybook** | 2,000, 1.5 / 20, **2.00×** |") == 1
    assert "| awaited: answered with the outcome | 100, 1.5 / 20, **1.00×** |" in text
    assert "done by one worker | 1,234 |" in text
    assert "entries, p50 / p99 | 100,000: 20 / 30 ms |" in text
    assert "| 300 · by hand with COPY 600 (0.50×) · by SQL 3,000 (0.10×) |" in text
    assert "2026-01-31, 2 cores" in text


def test_the_alternatives_are_reached_as_the_owner():
    assert in_peers_schema()["options"] == f"-c search_path={PEERS}"
    assert reach()["dbname"] == connection.settings_dict["NAME"]
