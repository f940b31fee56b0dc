"""Appending to the log: heads first, in one order; the position lock last, and briefly.

Every writer takes locks in this order: heads, rows without a position, the position lock, rows
with a position, commit. Positions are drawn under the lock and published by the commit that
releases it, so they are in commit order and a roll-back leaves no hole.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
from django.db import IntegrityError, connection, transaction

from eventstore import heads, signals
from eventstore.columns import BigInts, Bytes, Texts, Uuids
from eventstore.errors import (
    CheckpointConflict,
    DuplicateEventId,
    EventStoreError,
    WrongExpectedVersion,
)
from eventstore.pipeline import pipeline
from eventstore.records import ANY, EXISTS, Append, Recorded, digest, encode, unplaced

LOCK_POSITION = """
SELECT set_config('lock_timeout', coalesce(nullif(current_setting('daybook.patience', true), ''),
        current_setting('lock_timeout')), true),
    pg_advisory_xact_lock(hashtextextended('daybook.position ' || current_schema(), 0))"""
LAST = "(SELECT {} FROM eventstore_event ORDER BY position DESC LIMIT 1)"

DRAW_BASE = f"""
SELECT base, recorded_at, current_setting('transaction_isolation'),
    set_config('daybook.base', base::text, true),
    set_config('daybook.recorded_at', recorded_at::text, true),
    pg_notify('daybook_events_' || current_schema(), (base + %s)::text)
FROM (SELECT coalesce({LAST.format("position")}, 0) AS base,
             greatest(clock_timestamp(), {LAST.format("recorded_at")}) AS recorded_at) AS last"""

SEAL = f"""sha256(coalesce({LAST.format("seal")}, decode(repeat('00', 32), 'hex'))
    || int8send({signals.BASE} + 1) || int8send({signals.BASE} + %s)
    || int8send((extract(epoch FROM {signals.RECORDED_AT}) * 1000000)::bigint) || %s)"""

INSERT_EVENTS = f"""
INSERT INTO eventstore_event
    (position, stream, version, type, schema, data, metadata, id, recorded_at, digest, seal)
SELECT {signals.BASE} + n, stream, version, type, schema, data::jsonb, metadata::jsonb, id,
    {signals.RECORDED_AT}, digest, CASE WHEN n = %s THEN {SEAL} END
FROM (SELECT generate_series(1, %s) AS n, unnest(%s) AS stream, unnest(%s) AS version,
    unnest(%s) AS type, unnest(%s) AS schema, unnest(%s) AS data, unnest(%s) AS metadata,
    unnest(%s) AS id, unnest(%s) AS digest) AS new"""

ADVANCE_CHECKPOINT = """
INSERT INTO eventstore_checkpoint AS mine (consumer, position) VALUES (%s, %s)
ON CONFLICT (consumer) DO UPDATE SET position = excluded.position
WHERE mine.position < excluded.position"""


def append(*appends: Append) -> list[Recorded]:
    """Append to one stream or several, all or nothing, in the caller's order.

    Joins an open `atomic()`, and then holds the position lock until that ends: append last.

    Raises:
        WrongExpectedVersion: a stream is not where the caller expected it; nothing is appended.
        DuplicateEventId: an event's id is in the log; nothing is appended.
        StoreBusy: a second append in this transaction met a locked head.
        InvalidEvent: an event holds what the log cannot keep.
    """
    wanted = [each for each in appends if each.events]
    if not wanted:
        return []
    with transaction.atomic():
        events = _numbered(wanted, heads.lock(*(each.stream for each in wanted)))
        _refuse_repeated_ids(events)
        try:
            return write(events)
        except IntegrityError as error:
            if _constraint(error).startswith("eventstore_event_id"):
                raise DuplicateEventId("an event with one of these ids is in the log") from error
            raise


def write(
    events: Sequence[Recorded],
    *,
    states: Mapping[str, heads.State] | None = None,
    then: Iterable[tuple[str, Sequence[Any]]] = (),
) -> list[Recorded]:
    """Write numbered events whose heads the caller holds: `append` for those who did its checks.

    Of streams that begin, whose names nobody else can know, there is no head to hold. `events`
    have minus their ordinals (−1, −2, …) as positions and get the real ones. `states` are cached
    beside the heads. `then` runs after the position lock, as `signals.Batch` does.
    """
    insert = INSERT_EVENTS, _columns(events)
    batch = signals.Batch()
    signals.events_appended.send(sender=write, events=events, batch=batch)
    versions = {event.stream: event.version for event in events}
    begun = {event.stream: versions.pop(event.stream) for event in events if event.version == 1}
    with pipeline() as execute:
        heads.send_begin(execute, begun, states)
        heads.send_advance(execute, versions, states)
        for before in batch.before:
            execute(*before)
        execute(LOCK_POSITION)
        drawn = execute(DRAW_BASE, [len(events)])
        for after in (insert, *batch.after, *then):
            execute(*after)
    base, recorded_at, isolation, *_ = drawn.fetchall()[0]
    if isolation != "read committed":
        raise EventStoreError(f"an append needs READ COMMITTED; this transaction is {isolation}")
    for event in events:
        event.position, event.recorded_at = base - event.position, recorded_at
    return list(events)


def advance(consumer: str, position: int) -> None:
    """Move the consumer's checkpoint forward, in the caller's transaction.

    Raises:
        CheckpointConflict: the checkpoint is at or beyond this position already.
    """
    with connection.cursor() as cursor:
        cursor.execute(ADVANCE_CHECKPOINT, [consumer, position])
        if not cursor.rowcount:
            raise CheckpointConflict(f"{consumer} is at or beyond position {position}")


def forget(consumer: str) -> None:
    """Drop the consumer's checkpoint, so that it may begin anew."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM eventstore_checkpoint WHERE consumer = %s", [consumer])


def _numbered(appends: Sequence[Append], versions: dict[str, int]) -> list[Recorded]:
    """The events with their versions and ordinals; expectations are checked on the locked heads."""
    events: list[Recorded] = []
    for each in appends:
        actual, expected = versions[each.stream], each.expected_version
        if not (expected is ANY or (actual > 0 if expected is EXISTS else expected == actual)):
            raise WrongExpectedVersion(each.stream, expected, actual)
        for version, new in enumerate(each.events, actual + 1):
            events.append(unplaced(new, each.stream, version, len(events) + 1))
        versions[each.stream] += len(each.events)
    return events


def _columns(events: Sequence[Recorded]) -> list[Any]:
    """The parameters of `INSERT_EVENTS`; what the log cannot keep is refused here."""
    data = [encode(event.data) for event in events]
    # The events of one command share their metadata.
    shared = {id(event.metadata): event.metadata for event in events}
    encoded = {key: encode(metadata) for key, metadata in shared.items()}
    metadata = [encoded[id(event.metadata)] for event in events]
    digests = [digest(event) for event in events]
    return [
        len(events),
        len(events),
        b"".join(digests),
        len(events),
        Texts(event.stream for event in events),
        BigInts(event.version for event in events),
        Texts(event.type for event in events),
        BigInts(event.schema for event in events),
        Texts(data),
        Texts(metadata),
        Uuids(event.id for event in events),
        Bytes(digests),
    ]


def _refuse_repeated_ids(events: Sequence[Recorded]) -> None:
    if len({event.id for event in events}) < len(events):
        raise DuplicateEventId("two events of this append have one id")


def _constraint(error: IntegrityError) -> str:
    cause = error.__cause__
    return (cause.diag.constraint_name or "") if isinstance(cause, psycopg.Error) else ""
