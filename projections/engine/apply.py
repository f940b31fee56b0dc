"""Apply events to read tables: one path for the signal, the worker and the rebuild."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from eventstore.pipeline import Execute, pipeline
from eventstore.records import Recorded
from eventstore.signals import Batch
from projections.engine import standing
from projections.engine.projector import Projection, projections
from projections.engine.tables import Statement


def apply(targets: Sequence[Projection], events: Sequence[Recorded]) -> None:
    """Load the rows these events change, fold the events into them, and write them back.

    Two round trips whatever the number of events.
    """
    changes = list(_changes(targets, events))
    with pipeline() as execute:
        for _, statement in changes:
            execute(*statement)


def _changes(
    targets: Sequence[Projection],
    events: Sequence[Recorded],
    ask: Callable[[Execute], Callable[[], set[str]]] = lambda execute: set,
) -> Iterator[tuple[Projection, Statement]]:
    """For each projection that these events change, the statements that change it.

    `ask` sends a question first, whose answer names those that are to be left alone.
    """
    work = [(target, target.relevant(events)) for target in targets]
    work = [(target, relevant) for target, relevant in work if relevant]
    with pipeline() as execute:
        left_alone = ask(execute)
        loaded = [target.send_load(execute, relevant) for target, relevant in work]
    names = left_alone()
    for (target, relevant), rows in zip(work, loaded, strict=True):
        if target.name not in names:
            for statement in target.fold(relevant, rows):
                yield target, statement


def rows_held(streams: Iterable[str], **_: Any) -> set[str]:
    """The receiver of `rows_held`: streams whose row in an immediate projection others hold."""
    return set[str]().union(*(each.held(streams) for each in projections(immediate=True)))


def apply_immediate(events: Sequence[Recorded], batch: Batch, **_: Any) -> None:
    """The receiver of `events_appended`: immediate projections, in the appending transaction."""
    for target, statement in _changes(projections(immediate=True), events, standing.send):
        if target.table.needs_position:
            batch.after_position(*statement)
        else:
            batch.before_position(*statement)
