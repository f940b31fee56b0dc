"""The views for data teams: what they show, to whom, and that they are there while tables go."""

import re
from decimal import Decimal
from threading import Event

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg.rows import dict_row

from commands.ledger.messages import PlaceHold
from config.cluster import SUPERUSER
from projections.engine.projector import projections
from projections.engine.rebuild import rebuild
from tests.examples.asking import ask, rich
from tests.examples.connections import InThread, another_connection
from tests.examples.http import Api
from tests.examples.ledger import open_account, pay
from tests.examples.people import VIC
from tests.tree import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
SQL = re.findall(r"^```sql\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
"""The statements of the text: the first makes a reader, all others are theirs."""
VIEWS = ("accounts", "entries", "transfers", "holds", "events")
TABLES = ("balances", "entries", "transfers", "holds")


@pytest.fixture(autouse=True)
def ledger():
    """Ann has 100, of which 30 are paid and 20 are set aside; Tokyo counts in yen."""
    rich("ann", 100)
    ask(open_account("till", currency="JPY", normal_balance="debit"))
    assert ask(pay("ann", "world", 30)).succeeded
    held = ask(PlaceHold(account="ann", amount=20, reference="order-1"))
    assert held.succeeded


def selected(sql, *parameters):
    with another_connection() as other:
        return other.cursor(row_factory=dict_row).execute(sql, parameters).fetchall()


def test_they_show_what_the_api_shows():
    api = Api(VIC)
    for each in api.get("/accounts").json()["accounts"]:
        code = each["code"]
        (row,) = selected("SELECT * FROM daybook_accounts WHERE account = %s", code)
        shown = api.get(f"/accounts/{code}").json()
        for name in ("posted", "held", "debits", "credits"):
            assert str(row[name]) == shown[name], (code, name)
        for name in ("name", "currency", "exponent", "normal_balance", "status", "version"):
            assert row[name] == shown[name], (code, name)
        entries = api.get(f"/accounts/{code}/entries").json()["entries"]
        found = selected("SELECT * FROM daybook_entries WHERE account = %s ORDER BY position", code)
        assert [(str(e["amount"]), str(e["balance"]), str(e["transfer"])) for e in found] == [
            (e["amount"], e["balance"], e["transfer"]) for e in entries
        ]
    for each in api.get("/transfers").json()["transfers"]:
        (row,) = selected("SELECT * FROM daybook_transfers WHERE id = %s", each["id"])
        assert (row["legs"], row["description"]) == (each["legs"], each["description"])
    (hold,) = selected("SELECT * FROM daybook_holds")
    assert (hold["account"], hold["remaining"], hold["status"]) == ("ann", Decimal(20), "open")
    assert (hold["currency"], hold["exponent"]) == ("EUR", 2)
    for event in api.get("/events").json()["events"]:
        (row,) = selected("SELECT * FROM daybook_events WHERE position = %s", event["position"])
        assert (row["type"], row["stream"], row["data"]) == (
            event["type"],
            event["subject"],
            event["data"],
        )
        assert str(row["request"]) == event["requestid"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM daybook_accounts WHERE account = 'ann'",
        "SELECT * FROM daybook_entries WHERE account = 'ann' ORDER BY position",
        "SELECT * FROM daybook_entries WHERE position > 3",
        "SELECT * FROM daybook_transfers WHERE position > 3",
        "SELECT * FROM daybook_events WHERE position > 3",
    ],
)
def test_a_condition_is_looked_up_in_an_index(sql):
    with another_connection() as other:
        other.execute("SET enable_seqscan = off")
        plan = "\n".join(line for (line,) in other.execute(f"EXPLAIN {sql}"))
    assert "Function Scan" not in plan
    assert re.search(r"Index Cond: .*(account|position)", plan), plan


def test_they_show_the_same_before_during_and_after_a_rebuild():
    """Somebody reads all the time, on a connection that was there before."""
    whole = "SELECT count(*), sum(posted), sum(held) FROM daybook_accounts"
    moved = "SELECT count(*), sum(amount) FROM daybook_entries"
    more = "SELECT (SELECT count(*) FROM daybook_transfers), (SELECT count(*) FROM daybook_holds)"
    ended, read = Event(), []

    def shown(other):
        return tuple(other.execute(sql).fetchone() for sql in (whole, moved, more))

    def reading():
        with another_connection() as other:
            other.autocommit = True
            while not ended.is_set() or not read:
                read.append(shown(other))

    with another_connection() as other:
        before = shown(other)
    reader = InThread(reading)
    try:
        for each in projections():
            if each.name in TABLES:
                assert rebuild(each).events > 0
    finally:
        ended.set()
        reader.result()
    assert set(read) == {before}
    with another_connection() as other:
        assert shown(other) == before


@pytest.fixture
def reader():
    """A role that is made as the text says, and dropped again."""
    with superuser() as owner:
        owner.autocommit = True
        for statement in SQL[0].split(";\n"):
            owner.execute(statement)
        try:
            yield "analyst"
        finally:
            owner.execute("DROP OWNED BY analyst; DROP ROLE analyst")


def superuser():
    """A connection of who may make roles."""
    parameters = connection.get_connection_params()
    for ours in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(ours, None)
    if settings.EMBEDDED:
        parameters |= {"user": SUPERUSER, "password": settings.EMBEDDED.password(SUPERUSER)}
    return psycopg.connect(**parameters)


def as_(role, sql):
    with superuser() as other:
        other.execute(f"SET ROLE {role}")
        return other.execute(sql).fetchall()


def test_a_role_reads_them_and_nothing_else(reader):
    for view in VIEWS:
        assert as_(reader, f"SELECT * FROM daybook_{view}")
    for sql in (
        "SELECT * FROM access_token",
        "SELECT * FROM commands_request",
        "UPDATE daybook_accounts SET name = 'x'",
        "INSERT INTO ledger_balance (account) VALUES ('x')",
        "DELETE FROM daybook_events",
    ):
        with pytest.raises(psycopg.Error):
            as_(reader, sql)


def test_a_role_still_reads_them_when_all_tables_were_made_again(reader):
    for each in projections():
        if each.name in TABLES:
            rebuild(each)
    for view in VIEWS:
        assert as_(reader, f"SELECT * FROM daybook_{view}")


def test_what_the_text_asks_is_answered(reader):
    assert len(SQL) > 1
    for sql in SQL[1:]:
        assert as_(reader, sql)


def test_the_text_names_every_column():
    for view in VIEWS:
        (columns,) = re.findall(rf"^\| `daybook_{view}` \| (.+?) \|", TEXT, re.MULTILINE)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM daybook_{view}")
            assert re.findall(r"\w+", columns) == [column.name for column in cursor.description]


def test_a_hold_whose_time_is_over_is_expired():
    ask(PlaceHold(account="ann", amount=5, expires_in=1))
    with another_connection() as other:
        other.execute(
            "SELECT pg_sleep(greatest(0, extract(epoch FROM max(expires_at) - clock_timestamp())))"
            " FROM daybook_holds"
        )
    found = selected("SELECT status, remaining FROM daybook_holds ORDER BY placed")
    assert [(each["status"], each["remaining"]) for each in found] == [("open", 20), ("expired", 0)]
