"""Many events into a table that nobody else uses: folded in memory, written by COPY.

What is in memory is bounded, in rows and in bytes. Rows that had to give way are looked up again
when an event changes them; for that the table gets its indexes, which are else made when it is
full.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from eventstore.pipeline import pipeline
from eventstore.records import Recorded
from eventstore.registry import load
from projections.engine.copying import copy_in, writer
from projections.engine.projector import History, Projection

MOST = 100_000
"""Rows, or keys of what goes on from row to row, that are kept in memory."""
LINES = 20_000
"""Rows that are written at once, when nothing can happen to them any more."""
BYTES = 16 * 2**20
"""Of rows, as they are written; in memory they are some five times as large."""
EVENTS, FEW = 5_000, 500
"""How many to take at once, while all rows are known, and when any may have to be looked up."""
UPDATES = 5_000
"""Rows of an update, which has all of its values in one message."""


class Loader:
    """Fills the table of a projection, of which it knows all rows unless it has `begun` before.

    `index` makes the table's indexes, if it has none yet. Nothing is written but by `flush`.
    """

    def __init__(self, projection: Projection, index: Callable[[], None], *, begun: bool) -> None:
        self._projection, self._index = projection, index
        self._write = writer(projection.table)
        self._looks_up, self._indexed = begun, False
        self._grown, self._is_heavy = 0, False

    @property
    def at_once(self) -> int:
        """How many events to take next, at the most."""
        return min(FEW, EVENTS) if self._looks_up else EVENTS

    def take(self, events: Iterable[Recorded], size: int) -> None:
        """Let events change their rows, in the order of the log; their data have so many bytes."""
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
        self._looks_up = True
        self._grown, self._is_heavy = 0, False

    def _make_index(self) -> None:
        if not self._indexed:
            self._index()
            self._indexed = True

    def _found(self, rows: Iterable[Any]) -> None:
        """Rows were looked up, which may be larger than the events that change them."""
        self._grown += sum(len(self._write(row)) for row in rows)

    def _heavy(self, rows: Iterable[Any]) -> bool:
        """Whether these are too large. They are weighed once as much was taken, which is seldom."""
        if self._grown > BYTES:
            self._grown = sum(len(self._write(row)) for row in rows)
            self._is_heavy = self._grown > BYTES // 2
        return self._is_heavy


class _Rows(Loader):
    """Rows that change."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._rows: dict[Any, Any] = {}
        self._new: set[Any] = set()
        self._changed: set[Any] = set()

    def take(self, events: Iterable[Recorded], size: int) -> None:
        if self._looks_up:
            events = list(events)
            self._look_up(events)
        rows, keys, change = self._rows, self._projection.keys, self._projection.change
        for recorded in events:
            event = load(recorded)
            for key in keys(recorded):
                row = rows.get(key)
                if row is None:
                    row = rows[key] = self._projection.blank(key)
                    self._new.add(key)
                change(row, event, recorded)
                self._changed.add(key)
        self._grown += size

    @property
    def full(self) -> bool:
        return len(self._rows) > MOST or self._heavy(self._rows.values())

    def flush(self) -> None:
        table, rows = self._projection.table, self._rows
        copy_in(table, [self._write(rows[key]) for key in self._new])
        changed = [rows[key] for key in self._changed - self._new]
        part = table.part(table.columns)
        for start in range(0, len(changed), UPDATES):
            with pipeline() as execute:
                execute(*part.update(changed[start : start + UPDATES]))
        self._new.clear()
        self._changed.clear()

    def give_way(self) -> None:
        if self.full:
            self._rows.clear()
            self._forgotten()

    def _look_up(self, events: Sequence[Recorded]) -> None:
        wanted = {
            key
            for event in events
            if not self._projection.begins_rows(event)
            for key in self._projection.keys(event)
            if key not in self._rows
        }
        if not wanted:
            return
        self._make_index()
        part = self._projection.table.part(self._projection.table.columns)
        with pipeline() as execute:
            found = execute(*part.select(sorted(wanted)))
        rows = part.rows(found.fetchall())
        self._found(rows.values())
        self._rows |= rows


class _Lines(Loader):
    """Rows that are only added: what the last ones carry on is kept."""

    def __init__(self, projection: History, *arguments: Any, **options: Any) -> None:
        super().__init__(projection, *arguments, **options)
        self._history = projection
        self._last = projection.last()
        self._made: list[str] = []
        self._size = 0

    def take(self, events: Iterable[Recorded], size: int) -> None:
        if self._looks_up:
            events = list(events)
            self._look_up(events)
        begun, last, change = self._history.begun, self._last, self._history.change
        made = []
        for recorded in events:
            row = begun(recorded, last)
            change(row, load(recorded), recorded)
            made.append(self._write(row))
        self._made += made
        self._size += sum(map(len, made))
        self._grown += size

    @property
    def full(self) -> bool:
        waits = len(self._made) > min(LINES, MOST) or self._size > BYTES
        return waits or self._carries_too_much

    @property
    def _carries_too_much(self) -> bool:
        kept = self._last.values()
        rows = (row for rows in kept for row in rows.values())
        return max(map(len, kept), default=0) > MOST or self._heavy(rows)

    def flush(self) -> None:
        copy_in(self._history.table, self._made)
        self._made, self._size = [], 0

    def give_way(self) -> None:
        if self._carries_too_much:
            self._last = self._history.last()
            self._forgotten()

    def _look_up(self, events: Sequence[Recorded]) -> None:
        self._make_index()
        with pipeline() as execute:
            found = self._history.send_last(execute, events, known=self._last)
        for by, rows in self._history.last(found).items():
            self._found(rows.values())
            self._last[by] |= rows


def loader(projection: Projection, index: Callable[[], None], *, begun: bool = False) -> Loader:
    """The loader for a projection of this kind."""
    if isinstance(projection, History):
        return _Lines(projection, index, begun=begun)
    return _Rows(projection, index, begun=begun)


@contextmanager
def without_collecting() -> Iterator[None]:
    """Whoever loads leaves nothing behind in which it would pay to look for garbage."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
