"""Many events into a table that nobody else uses: folded in memory, written by COPY.

What is in memory is bounded. Rows that had to give way are looked up again when an event changes
them; for that the table gets its indexes, which are else made when it is full.
"""

from collections.abc import Callable, Sequence
from typing import Any

from eventstore.pipeline import pipeline
from eventstore.records import Recorded
from eventstore.registry import load
from projections.engine.copying import copy_in
from projections.engine.projector import History, Projection

MOST = 100_000
"""Rows, or keys of what goes on from row to row, that are kept in memory."""
LINES = 20_000
"""Rows that are written at once, when nothing can happen to them any more."""
AT_ONCE = 5_000
"""Rows of an update, which has all of its values in one message."""


class Loader:
    """Fills the table of a projection, of which it knows all rows unless it has `begun` before.

    `index` makes the table's indexes, if it has none yet. Nothing is written but by `flush`.
    """

    def __init__(
        self, projection: Projection, index: Callable[[], None], *, begun: bool, most: int
    ) -> None:
        self._projection, self._index, self._most = projection, index, most
        self._looks_up = begun
        if begun:
            index()

    def take(self, events: Sequence[Recorded]) -> None:
        """Let events change their rows, in the order of the log."""
        raise NotImplementedError

    @property
    def full(self) -> bool:
        """Whether it is time to flush."""
        raise NotImplementedError

    def flush(self) -> None:
        """Write what has changed since the last time."""
        raise NotImplementedError

    def give_way(self) -> None:
        """Forget what was written, if that has become too much."""
        raise NotImplementedError

    def _forgotten(self) -> None:
        """From now on the table has rows of which nothing is known here."""
        if not self._looks_up:
            self._index()
            self._looks_up = True


class _Rows(Loader):
    """Rows that change."""

    def __init__(self, projection: Projection, *arguments: Any, **options: Any) -> None:
        super().__init__(projection, *arguments, **options)
        self._rows: dict[Any, Any] = {}
        self._new: set[Any] = set()
        self._changed: set[Any] = set()

    def take(self, events: Sequence[Recorded]) -> None:
        keys = [tuple(self._projection.keys(event)) for event in events]
        if self._looks_up:
            self._look_up(events, keys)
        for recorded, changed in zip(events, keys, strict=True):
            event = load(recorded)
            for key in changed:
                row = self._rows.get(key)
                if row is None:
                    row = self._rows[key] = self._projection.blank(key)
                    self._new.add(key)
                self._projection.change(row, event, recorded)
            self._changed.update(changed)

    @property
    def full(self) -> bool:
        return len(self._rows) > self._most

    def flush(self) -> None:
        table = self._projection.table
        copy_in(table, [self._rows[key] for key in self._new])
        changed = [self._rows[key] for key in self._changed - self._new]
        part = table.part(table.columns)
        with pipeline() as execute:
            for start in range(0, len(changed), AT_ONCE):
                execute(*part.update(changed[start : start + AT_ONCE]))
        self._new.clear()
        self._changed.clear()

    def give_way(self) -> None:
        if self.full:
            self._rows.clear()
            self._forgotten()

    def _look_up(self, events: Sequence[Recorded], keys: Sequence[tuple[Any, ...]]) -> None:
        wanted = {
            key
            for event, changed in zip(events, keys, strict=True)
            if not self._projection.begins_rows(event)
            for key in changed
            if key not in self._rows
        }
        part = self._projection.table.part(self._projection.table.columns)
        with pipeline() as execute:
            found = execute(*part.select(sorted(wanted)))
        self._rows |= part.rows(found.fetchall())


class _Lines(Loader):
    """Rows that are only added: what the last ones carry on is kept."""

    def __init__(self, projection: History, *arguments: Any, **options: Any) -> None:
        super().__init__(projection, *arguments, **options)
        self._history = projection
        self._last = projection.last()
        self._made: list[Any] = []

    def take(self, events: Sequence[Recorded]) -> None:
        if self._looks_up:
            with pipeline() as execute:
                found = self._history.send_last(execute, events, known=self._last)
            for by, last in self._history.last(found).items():
                self._last[by] |= last
        row, last = self._history.row, self._last
        self._made += [row(recorded, last) for recorded in events]

    @property
    def full(self) -> bool:
        return len(self._made) > min(LINES, self._most) or self._carries_too_much

    @property
    def _carries_too_much(self) -> bool:
        return max(map(len, self._last.values())) > self._most

    def flush(self) -> None:
        copy_in(self._history.table, self._made)
        self._made = []

    def give_way(self) -> None:
        if self._carries_too_much:
            self._last = self._history.last()
            self._forgotten()


def loader(projection: Projection, index: Callable[[], None], *, begun: bool = False) -> Loader:
    """The loader for a projection of this kind."""
    if isinstance(projection, History):
        return _Lines(projection, index, begun=begun, most=MOST)
    return _Rows(projection, index, begun=begun, most=MOST)
