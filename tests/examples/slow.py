"""A database that takes its time, until it is told to go on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from tests.examples.connections import another_connection

SLOW = """
CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
        SET LOCAL lock_timeout = 0;
        PERFORM pg_advisory_xact_lock_shared(4711);
        RETURN NEW;
    END $$;
CREATE TRIGGER slow BEFORE UPDATE ON ledger_balance FOR EACH ROW WHEN (NEW.account = '{code}')
    EXECUTE FUNCTION be_slow()"""


@contextmanager
def stuck(code: str) -> Iterator[Any]:
    """Changing this account's balance waits until `go_on()`, however long that takes.

    It is no row that it waits for, so that nobody can see what is in the way.
    """
    with connection.cursor() as cursor:
        cursor.execute(SLOW.format(code=code))
    try:
        with another_connection() as other:
            other.execute("SELECT pg_advisory_lock(4711)")
            yield lambda: other.execute("SELECT pg_advisory_unlock(4711)")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION be_slow CASCADE")
