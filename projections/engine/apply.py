"""Apply events to read tables: one path for the signal, the worker and the rebuild."""

from collections.abc import Sequence
from typing import Any

from eventstore.pipeline import pipeline
from eventstore.records import Recorded
from eventstore.signals import Batch
from projections.engine.projector import Projection, projections


def apply(
    targets: Sequence[Projection], events: Sequence[Recorded], batch: Batch | None = None
) -> None:
    """Load the rows these events change, fold the events into them, and write them back.

    Two round trips whatever the number of events. With a `batch`, rows that carry positions are
    left to it, since these are not known before the position lock.
    """
    work = [(target, target.relevant(events)) for target in targets]
    work = [(target, relevant) for target, relevant in work if relevant]
    with pipeline() as execute:
        loaded = [target.send_load(execute, relevant) for target, relevant in work]
    flushes = [
        (target, target.flush(target.fold(relevant, rows)))
        for (target, relevant), rows in zip(work, loaded, strict=True)
    ]
    with pipeline() as execute:
        for target, (sql, parameters) in flushes:
            if batch is not None and target.table.needs_position:
                batch.after_position(sql, parameters)
            else:
                execute(sql, parameters)


def apply_immediate(events: Sequence[Recorded], batch: Batch, **_: Any) -> None:
    """The receiver of `events_appended`: immediate projections, in the appending transaction."""
    apply(projections(immediate=True), events, batch)
