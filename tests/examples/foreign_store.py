"""Our store as the recorder of another event-sourcing library, through the store's contract."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from threading import BoundedSemaphore, current_thread, main_thread
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from eventsourcing.persistence import (
    IntegrityError,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
)

from eventstore.store import (
    Append,
    CheckpointConflict,
    NewEvent,
    Recorded,
    WrongExpectedVersion,
    advance,
    append,
    checkpoint,
    latest_position,
    read_all,
    read_stream,
    subscribe,
)

# Their threads may be more than the 100 connections that a server takes unless told otherwise.
SLOTS = BoundedSemaphore(50)


class ForeignStore(ProcessRecorder):
    """Keeps their events in our log: state as hexadecimal text, their version beside it.

    Their sequences may begin at 0 or at 1, ours begin at 1: the first event of a stream tells how
    far the two are apart.
    """

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, tracking: Tracking | None = None, **_: Any
    ) -> Sequence[int] | None:
        with given_up(), conflicts_are_theirs(), transaction.atomic():
            # The append comes last: from there on the transaction holds the position lock.
            if tracking is not None:
                advance(tracking.application_name, tracking.notification_id)
            recorded = append(*appends(stored_events))
        return [event.position for event in recorded]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        stream = stream_of(originator_id)
        with given_up():
            first = read_stream(stream, limit=1)
            apart = first[0].data["version"] - 1 if first else 0
            found = read_stream(
                stream,
                after=0 if gt is None else gt - apart,
                upto=None if lte is None else lte - apart,
                backward=desc,
                limit=limit,
            )
        return [StoredEvent(*stored(event)) for event in found]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        after = 0 if start is None else start - inclusive_of_start
        with given_up():
            found = read_all(after=after, upto=stop, types=topics, limit=limit)
        return [notification(event) for event in found]

    def max_notification_id(self) -> int | None:
        with given_up():
            return latest_position() or None

    def insert_tracking(self, tracking: Tracking) -> None:
        with given_up(), conflicts_are_theirs():
            advance(tracking.application_name, tracking.notification_id)

    def max_tracking_id(self, application_name: str) -> int | None:
        with given_up():
            return checkpoint(application_name)

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> "ForeignSubscription":
        return ForeignSubscription(self, gt, topics)


class AggregatesOnly(ForeignStore):
    """Their recorder of aggregates alone, which says nothing of positions."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **about: Any) -> None:
        super().insert_events(stored_events, **about)


class ForeignSubscription(Subscription[ForeignStore]):
    """Their subscription over ours."""

    def __init__(self, recorder: ForeignStore, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder, gt, topics)
        self._ours = subscribe(after=gt or 0, types=topics)

    def __exit__(self, *error: object, **_: Any) -> None:
        super().__exit__(*error)
        self._ours.__exit__(*error)

    def __next__(self) -> Notification:
        return notification(next(self._ours))

    def stop(self) -> None:
        self._ours.stop()


def appends(events: Sequence[StoredEvent]) -> Iterator[Append]:
    """One for each run of events of one originator, so that positions keep the caller's order."""
    apart: dict[UUID | str, int] = {}
    for originator, run in groupby(events, key=lambda event: event.originator_id):
        stream, together = stream_of(originator), list(run)
        begin = together[0].originator_version
        if [event.originator_version - begin for event in together] != list(range(len(together))):
            raise IntegrityError("versions must follow each other")
        if originator not in apart:
            first = read_stream(stream, limit=1)
            apart[originator] = first[0].data["version"] if first else begin
        yield Append(stream, [new_event(event) for event in together], begin - apart[originator])


def stream_of(originator: UUID | str) -> str:
    """Texts that look like UUIDs stay apart from UUIDs."""
    return f"{'uuid' if isinstance(originator, UUID) else 'text'}-{originator}"


def new_event(event: StoredEvent) -> NewEvent:
    return NewEvent(event.topic, {"version": event.originator_version, "state": event.state.hex()})


def stored(event: Recorded) -> tuple[UUID | str, int, str, bytes]:
    kind, _, name = event.stream.partition("-")
    originator = UUID(name) if kind == "uuid" else name
    return originator, event.data["version"], event.type, bytes.fromhex(event.data["state"])


def notification(event: Recorded) -> Notification:
    return Notification(*stored(event), event.position)


@contextmanager
def conflicts_are_theirs() -> Iterator[None]:
    try:
        yield
    except (WrongExpectedVersion, CheckpointConflict) as error:
        raise IntegrityError(str(error)) from error


@contextmanager
def given_up() -> Iterator[None]:
    """Give up the connection of a thread that no request owns, and hold few at a time."""
    if current_thread() is main_thread():
        yield
        return
    with SLOTS:
        try:
            yield
        finally:
            connection.close()
