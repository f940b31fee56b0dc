"""Every column of every read table: whoever changes it, `verify` names it.

The columns are those that the tables have, so that a new one is here by itself.
"""

import json
from datetime import UTC, date, datetime

import pytest
from django.db import connection, models

from commands.ledger.instruction_messages import (
    PlaceStandingOrder,
    RunStandingOrder,
    SetAlert,
    SetSweep,
)
from commands.ledger.messages import (
    CaptureHold,
    ChangeAccountDetails,
    CloseBooks,
    PlaceHold,
    ReleaseHold,
)
from eventstore.store import read_all
from projections.engine.fields import Total
from projections.engine.follow import catch_up
from projections.engine.projector import Projection, projections
from tests.examples.asking import ask, rich
from tests.examples.ledger import open_account, pay
from tests.examples.people import CLEO, PRODUCT
from tests.examples.verifying import reported

pytestmark = pytest.mark.django_db

OTHER = [
    (models.JSONField, '\'[{{"other": "x"}}]\''),
    (Total, "coalesce({0}, 0) + 1"),
    (models.UUIDField, "gen_random_uuid()"),
    (models.DateTimeField, "coalesce({0}, '2026-01-01') + interval '1 microsecond'"),
    (models.DateField, "coalesce({0}, '2026-01-01') + 1"),
    (models.IntegerField, "coalesce({0}, 0) + 1000"),
    (models.CharField, "CASE WHEN {0} = 'x' THEN 'y' ELSE 'x' END"),
    (models.TextField, "CASE WHEN {0} = 'x' THEN 'y' ELSE 'x' END"),
]
"""For each kind of field another value, whatever the one is that stands there."""

COLUMNS = [(each.name, column) for each in projections() for column in each.table.columns]


@pytest.fixture
def ledger():
    """Something stands in every table."""
    rich("ann", 500)
    rich("bob", 0)
    ask(pay("ann", "bob", 123, reference="r-1"))
    held = ask(PlaceHold(account="ann", amount=100, reference="h-1"))
    ask(PlaceHold(account="bob", amount=10))
    hold = held.body["hold"]["id"]
    ask(CaptureHold(account="ann", hold=hold, amount=40, payee="bob", final=False))
    ask(ReleaseHold(account="ann", hold=hold, reason="Done"))
    ask(SetAlert(account="ann", low=5))
    ask(SetSweep(account="ann", above=500, to="bob"))
    today = datetime.now(UTC).date()
    order = PlaceStandingOrder(
        payer="ann", payee="bob", amount=3, every="week", first_on=today, last_on=today
    )
    ask(order)
    ask(RunStandingOrder(order=order.order), by=PRODUCT)
    ask(ChangeAccountDetails(account="ann", name="Ann A."))
    ask(open_account("cash", normal_balance="debit"))
    ask(CloseBooks(through=date(2026, 1, 31), reason="Month"), by=CLEO)
    for projection in projections(immediate=False):
        while catch_up(projection):
            pass


def named(name: str) -> Projection:
    (found,) = [each for each in projections() if each.name == name]
    return found


def other(field: "models.Field") -> str:
    """SQL for another value than a column has."""
    for kind, sql in OTHER:
        if isinstance(field, kind):
            return sql.format(field.column)
    raise AssertionError(f"say here what else a {type(field).__name__} could be")


def corrupt(projection: Projection, column: str) -> tuple[str, str, str]:
    """Change a column of the first row: the row's key, and the column's values before and after."""
    table, key = projection.table, projection.table.key
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key}::text, to_jsonb({column}) #>> '{{}}' FROM {table.name}"
            f" ORDER BY {key} LIMIT 1"
        )
        rows = cursor.fetchall()
        assert rows, f"{table.name} is empty: let an event of the ledger above fill it"
        ((row, before),) = rows
        cursor.execute(
            f"UPDATE {table.name} SET {column} = {other(table.fields[column])}"
            f" WHERE {key}::text = %s RETURNING to_jsonb({column}) #>> '{{}}'",
            [row],
        )
        ((after,),) = cursor.fetchall()
    return row, before, after


def differing(projection: Projection) -> dict[str, dict]:
    """What is reported of a table, by key."""
    ((check),) = reported(projection.name)["checks"]
    assert {each["table"] for each in check["findings"]} == {projection.table.name}
    return {each["key"]: each for each in check["findings"]}


@pytest.mark.parametrize(("name", "column"), COLUMNS)
def test_a_column_that_was_changed_is_named(ledger, name, column):
    projection = named(name)
    key, before, after = corrupt(projection, column)
    found = differing(projection)
    if column == projection.table.key:
        assert found.keys() == {before, after}
        assert found[after]["event"] is None
        assert "no event made this row" in found[after]["what"]
        assert "the row is missing" in found[before]["what"]
    else:
        assert found.keys() == {key}
        ((differs, values),) = found[key]["columns"].items()
        assert (differs, text(values["stored"]), text(values["expected"])) == (
            column, text(after), text(before),
        )  # fmt: skip
        assert found[key]["what"].startswith(f"{column} is ")
    made = found[before if column == projection.table.key else key]["event"]
    (event,) = read_all(after=made["position"] - 1, upto=made["position"])
    assert event.type == made["type"]
    assert event.type in projection.types


def text(value: object) -> str:
    """A value as JSON, without spaces and quotes, which others put elsewhere."""
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return said.translate(str.maketrans("", "", ' "'))


@pytest.mark.parametrize(
    ("name", "key", "type_"),
    [
        ("balances", "ann", "ledger.account_details_changed"),
        ("balances", "cash", "ledger.account_opened"),
        ("books", "main", "ledger.books_closed"),
    ],
)
def test_the_event_that_is_named_is_the_last_of_the_rows_stream(ledger, name, key, type_):
    projection = named(name)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {projection.table.name} SET version = 99")
    event = differing(projection)[key]["event"]
    events = read_all(limit=None, types=projection.types)
    last = [each for each in events if each.stream.partition("-")[2] == key][-1]
    assert event == {"position": last.position, "type": type_}


def test_numbers_beyond_what_json_readers_keep_are_told_to_the_last_digit(ledger):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_balance SET debits = 10 ^ 30::numeric WHERE account = 'cash'")
    found = differing(named("balances"))["cash"]
    assert found["columns"] == {"debits": {"stored": str(10**30), "expected": 0}}
