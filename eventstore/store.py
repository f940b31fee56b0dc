"""The event store's contract, and the only road to its tables."""

from eventstore.appending import advance, append, forget
from eventstore.errors import (
    CheckpointConflict,
    DuplicateEventId,
    EventStoreError,
    InvalidEvent,
    StoreBusy,
    UnknownEvent,
    WrongExpectedVersion,
)
from eventstore.heads import lock
from eventstore.reading import (
    checkpoint,
    latest_position,
    read_all,
    read_at,
    read_stream,
    versions_at,
)
from eventstore.records import ANY, EXISTS, Append, NewEvent, Recorded, category, timestamp
from eventstore.scanning import Ahead, Scan, Some
from eventstore.subscriptions import asubscribe, subscribe, wait_for
from eventstore.times import position_at

__all__ = [
    "ANY",
    "EXISTS",
    "Ahead",
    "Append",
    "CheckpointConflict",
    "DuplicateEventId",
    "EventStoreError",
    "InvalidEvent",
    "NewEvent",
    "Recorded",
    "Scan",
    "Some",
    "StoreBusy",
    "UnknownEvent",
    "WrongExpectedVersion",
    "advance",
    "append",
    "asubscribe",
    "category",
    "checkpoint",
    "forget",
    "latest_position",
    "lock",
    "position_at",
    "read_all",
    "read_at",
    "read_stream",
    "subscribe",
    "timestamp",
    "versions_at",
    "wait_for",
]
