"""A clock that stands still until a test moves it: the database's own, as the product asks for it.

A schema with functions of the same names stands before `pg_catalog` in the search path, and behind
the tables' own, which keeps its name. The product has no switch for that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ASKED = ("clock_timestamp", "statement_timestamp", "transaction_timestamp", "now")
"""Every function that tells the time."""

MAKE = """
CREATE SCHEMA clock;
CREATE TABLE clock.hands (at timestamptz NOT NULL)"""
TELL = """
CREATE FUNCTION clock.{}() RETURNS timestamptz
LANGUAGE sql STABLE AS 'SELECT at FROM clock.hands'"""
BEHIND = ",clock,pg_catalog"


class Clock:
    """The time of every connection that is made while it stands, and of the test's own."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def set(self, now: datetime) -> None:
        """Let it be this late. The log never goes back in time, whatever a clock says."""
        with connection.cursor() as cursor:
            cursor.execute("UPDATE clock.hands SET at = %s", [now])
        self.now = now

    def advance(self, **span: float) -> None:
        """Let it be later by this span, such as `seconds=1`."""
        self.set(self.now + timedelta(**span))


@contextmanager
def standing(now: datetime = NOON) -> Iterator[Clock]:
    """Let the database's clock stand still here, until the test moves it.

    In a test's transaction it is gone with that; else connections of other threads, which have
    this time too, are closed by then.
    """
    options: dict[str, Any] = connection.settings_dict["OPTIONS"]
    usual = options["options"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        (schema,) = cursor.fetchone()
        cursor.execute(MAKE)
        cursor.execute("INSERT INTO clock.hands VALUES (%s)", [now])
        for name in ASKED:
            cursor.execute(TELL.format(name))
        cursor.execute(f"SET search_path = {schema}{BEHIND}")
    options["options"] = usual + BEHIND
    try:
        yield Clock(now)
    finally:
        options["options"] = usual
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("RESET search_path")
                cursor.execute("DROP SCHEMA clock CASCADE")
