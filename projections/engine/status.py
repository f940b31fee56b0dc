"""How far each projection is, what keeps it back, and for how long."""

from collections.abc import Iterator

from eventstore.listeners.status import Log, Status
from eventstore.listeners.steering import Orders, orders
from eventstore.store import checkpoint
from projections.engine.models import ProjectionState
from projections.engine.projector import Projection, projections
from projections.engine.reading import consumer


def statuses(log: Log | None = None, *, immediate: bool | None = None) -> Iterator[Status]:
    """How projections stand, in the order of their names: all, or those of one kind."""
    states, log = ProjectionState.objects.in_bulk(), log or Log.as_it_is()
    for each in projections(immediate=immediate):
        state = states.get(each.name) or ProjectionState(name=each.name, version=each.version)
        yield _status(each, state, log)


def status_of(of: Projection) -> Status:
    """How one of them stands."""
    return next(each for each in statuses() if each.name == of.name)


def followers(log: Log) -> Iterator[Status]:
    """How those stand that follow the log."""
    return statuses(log, immediate=False)


def _status(of: Projection, state: ProjectionState, log: Log) -> Status:
    return log.status(
        of.name,
        "immediate" if of.immediate else "eventual",
        position=_position(of, state, log.head),
        said=Orders() if of.immediate else orders(of.name),
        stopped_at=state.stopped_at,
        error="; ".join(filter(None, (state.error, _unmade(state)))),
        outdated=state.version != of.version or not state.is_of(of.fingerprint),
        window="projections_projectionstate",
    )


def _unmade(state: ProjectionState) -> str:
    """Why its table was not made anew, where the last try has not."""
    if state.refused_at is None:
        return f"the last rebuild made nothing: {state.unmade}" if state.unmade else ""
    return f"a rebuild was refused at position {state.refused_at}: {state.refusal}"


def _position(of: Projection, state: ProjectionState, head: int) -> int:
    if of.immediate:
        return head if state.behind_since is None else state.behind_since
    return checkpoint(consumer(of.name)) or 0
