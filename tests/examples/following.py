"""Read tables: what they have, brought up to the log, and an event that cannot be applied."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from projections.engine.follow import catch_up
from projections.engine.projector import Projection, projections
from projections.ledger.projectors import daily_totals

DEBITED = "ledger.account_debited"
POISON = 666
"""No debit of this amount can be counted while the code has its defect."""


def rows(projection: Projection) -> list[tuple[Any, ...]]:
    """Everything that its table has."""
    table = projection.table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table.name} ORDER BY {table.key}")
        return list(cursor.fetchall())


def follow() -> None:
    """Let every eventual projection come as far as it can."""
    for each in projections(immediate=False):
        while catch_up(each):
            pass


def break_counting() -> Callable[..., None]:
    """Give the daily totals their defect; the function that they had before."""
    function = daily_totals._functions[DEBITED]

    def broken(row: Any, event: Any, recorded: Any) -> None:
        if event.amount == POISON:
            raise ValueError("this one is bad")
        function(row, event, recorded)

    daily_totals._functions[DEBITED] = broken
    return function


@contextmanager
def broken_counting() -> Iterator[None]:
    """While this lasts, the daily totals have their defect."""
    function = break_counting()
    try:
        yield
    finally:
        daily_totals._functions[DEBITED] = function
