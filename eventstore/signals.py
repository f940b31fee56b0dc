"""What the store announces, and what it asks.

`events_appended` is sent inside the appending transaction, before the position lock, with
`events` (list of `Recorded` whose positions are still ordinals) and `batch` (`Batch`). A receiver
hands the batch its statements: those for rows that need no position, and those for rows that do.

`rows_held` is sent when a lock was not to be had, with `streams`. A receiver whose rows change with
streams gives the set of those streams of which another transaction holds a row, without waiting.

`epoch_raised` is sent when the log begins another life, which may end before what was read of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.dispatch import Signal

events_appended = Signal()
rows_held = Signal()
epoch_raised = Signal()


@dataclass(slots=True)
class Batch:
    """Statements that run in the append's own pipeline, before the position lock or after it.

    In the latter `position_of(ordinal)` and `RECORDED_AT` stand for what only the lock makes known.
    """

    before: list[tuple[str, Sequence[Any]]] = field(default_factory=list)
    after: list[tuple[str, Sequence[Any]]] = field(default_factory=list)

    def before_position(self, sql: str, parameters: Sequence[Any]) -> None:
        self.before.append((sql, parameters))

    def after_position(self, sql: str, parameters: Sequence[Any]) -> None:
        self.after.append((sql, parameters))


# Queries of their own, so that a statement asks once rather than for each of its rows.
BASE = "(SELECT current_setting('daybook.base')::bigint)"
RECORDED_AT = "(SELECT current_setting('daybook.recorded_at')::timestamptz)"


def position_of(column: str) -> str:
    """SQL for a position that is real when positive and an ordinal of this append when negative."""
    return f"CASE WHEN {column} < 0 THEN {BASE} - {column} ELSE {column} END"
