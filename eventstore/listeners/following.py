"""Listeners follow the log: what one does and how far it has come are committed together."""

import logging
from functools import partial

from django.db import transaction

from eventstore.appending import advance, forget
from eventstore.epoch import where_migrated
from eventstore.errors import CheckpointConflict, StoreBusy, described
from eventstore.failures import passes
from eventstore.heads import busy_when_locked
from eventstore.listeners.listener import Listener, listeners
from eventstore.listeners.pieces import in_pieces
from eventstore.listeners.steering import orders
from eventstore.models import ListenerState
from eventstore.reading import latest_position, read_all

log = logging.getLogger(__name__)


def follow(listener: Listener) -> int:
    """Hand a listener its next events; how many positions it moved, 0 when it has none to do.

    While another worker has it, it is stopped or it is paused, it has none to do.

    Raises:
        OperationalError, InterfaceError: the database failed; no event is to blame.
    """
    listener.begin()
    return in_pieces(partial(_step, listener), listener.chunk)


@where_migrated
def step_back(**_: object) -> None:
    """The receiver of `epoch_raised`: who has done events that the log has lost goes on at its end.

    What was done for them was done; the events that take their positions are others.
    """
    end = latest_position()
    for each in listeners():
        each.begin()
        each.locked()
        if each.position > end:
            log.error("%s has done events that the log has lost", each.name)
            forget(each.consumer)
            if end:
                advance(each.consumer, end)


def _step(listener: Listener, limit: int) -> int:
    """So many events at once. One that fails may do so in the end, as all is committed."""
    begun = listener.position if limit == 1 else 0
    try:
        with busy_when_locked(), transaction.atomic():
            state = listener.locked(skip=True)
            return _handle_next(listener, state, limit) if state else 0
    except CheckpointConflict:
        return 0
    except StoreBusy as error:
        if limit > 1:
            raise  # Fewer events need fewer locks.
        log.warning("%s waits before its next event: %s", listener.name, error)
        return 0
    except Exception as error:
        if limit > 1 or passes(error):
            raise
        _stop(listener, begun, error)
        return 0


def _handle_next(listener: Listener, state: ListenerState, limit: int) -> int:
    said = orders(listener.name)
    if said.paused or state.stopped_at is not None:
        return 0
    done, end = listener.position, latest_position()
    if done >= end:
        return 0
    events = read_all(after=done, upto=end, types=listener.types, limit=limit)
    reached = events[-1].position if len(events) == limit else end
    wanted = [each for each in events if each.position not in said.skipped]
    # Before what the listener does: that may hold the position, for which all others wait.
    advance(listener.consumer, reached)
    if wanted:
        listener.handle(wanted)
    return reached - done


@transaction.atomic
def _stop(listener: Listener, begun: int, error: Exception) -> None:
    """Let it stand just before the next of its events, unless another worker has done that."""
    listener.locked()
    if listener.position != begun:
        return
    bad = next(iter(read_all(after=begun, types=listener.types, limit=1)), None)
    if bad is None:
        raise error
    if begun < bad.position - 1:  # What lies between is none of its own.
        advance(listener.consumer, bad.position - 1)
    log.error("%s stopped before position %s", listener.name, bad.position, exc_info=error)
    ListenerState.objects.filter(name=listener.name).update(
        stopped_at=bad.position, error=described(error)
    )
