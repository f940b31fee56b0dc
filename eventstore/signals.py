"""What the store announces.

`events_appended` is sent inside the appending transaction, before the position lock, with
`events` (list of `Recorded` whose positions are still ordinals) and `batch` (`Batch`). A receiver
writes the rows that need no position at once, and hands the batch the statements that do.
"""

from dataclasses import dataclass, field
from typing import Any

from django.dispatch import Signal

events_appended = Signal()


@dataclass(slots=True)
class Batch:
    """Statements that run after the position lock, in this order, in the append's own pipeline.

    In them `position_of(ordinal)` and `RECORDED_AT` stand for what only the lock makes known.
    """

    statements: list[tuple[str, list[Any]]] = field(default_factory=list)

    def after_position(self, sql: str, parameters: list[Any]) -> None:
        self.statements.append((sql, parameters))


BASE = "current_setting('daybook.base')::bigint"
RECORDED_AT = "current_setting('daybook.recorded_at')::timestamptz"


def position_of(column: str) -> str:
    """SQL for a position that is real when positive and an ordinal of this append when negative."""
    return f"CASE WHEN {column} < 0 THEN {BASE} - {column} ELSE {column} END"
