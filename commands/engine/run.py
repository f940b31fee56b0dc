"""Decide a list of commands in one transaction: the one handler that every road leads to.

One round trip loads and locks all that the list touches, each command is decided in memory on
what those before it left behind, and one pipeline writes it all, in the store's lock order.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from django.contrib.auth import get_user_model
from django.db import connection, transaction

from commands.engine import requests
from commands.engine.batch import Batch
from commands.engine.decider import (
    Asked,
    Fact,
    Facts,
    Fold,
    States,
    Touches,
    entity_of,
)
from commands.engine.outcomes import Outcome, Submission
from eventstore import heads, reading, registry
from eventstore.columns import Uuids
from eventstore.errors import UnknownEvent
from eventstore.pipeline import Execute, Rows, pipeline
from eventstore.reading import recorded, send_beginnings

MAX_BATCH = 256

USERS = f"SELECT id FROM {get_user_model()._meta.db_table} WHERE id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Patience:
    """Milliseconds for which a transaction waits for any one lock: of rows, and of the position."""

    rows: int
    position: int


@dataclass(frozen=True, slots=True)
class Written:
    """What a transaction decided and wrote; `transaction` is its id in the database."""

    outcomes: list[Outcome]
    transaction: str


def run(submissions: Sequence[Submission]) -> list[Outcome]:
    """Decide and write up to 256 submissions, in order, all in one transaction.

    Each outcome is as if its command had run alone. Joins an open `atomic()`.

    Raises:
        ValueError: more than 256 submissions.
        StoreBusy: this transaction has appended before, and another holds a head it needs; or
            another gave up a new head in the same moment.
    """
    if not submissions:
        return []
    with transaction.atomic():
        return write_all(submissions).outcomes


def write_all(submissions: Sequence[Submission], patience: Patience | None = None) -> Written:
    """`run` within the caller's transaction, which may say how long it waits for locks.

    Raises:
        ValueError: more than 256 submissions.
        StoreBusy: a lock was not to be had in time.
    """
    if len(submissions) > MAX_BATCH:
        raise ValueError(f"{len(submissions)} commands; a batch has at most {MAX_BATCH}")
    with heads.busy_when_locked():
        batch = _load(submissions, patience=patience)
        outcomes = [batch.outcome(submission) for submission in submissions]
        batch.write()
    return Written(outcomes, batch.transaction)


def rehearse(submission: Submission, *, keyed: bool = False) -> tuple[Outcome, States]:
    """What would come of a request now, and the states it would leave behind.

    Decided on what a snapshot shows: nothing is locked, written or kept, and the outcome has no
    position. No key is looked at, unless it is `keyed`: then what was done before is replayed. A
    refusal leaves the states as they are.
    """
    asked = replace(submission, later=False) if keyed else submission.keyless()
    with _snapshot():
        batch = _load([asked], locked=False)
        outcome = batch.outcome(asked)
    outcome.first_position = None
    return outcome, batch.fold


def look(streams: Iterable[str]) -> States:
    """The states of these streams as they are now: to be shown, not to be decided on."""
    codes = {stream: entity_of(stream).code for stream in streams}
    with _snapshot(), pipeline() as execute:
        found = heads.send_heads(execute, codes)
    return _folded(heads.received([found], codes))


@contextmanager
def _snapshot() -> Iterator[None]:
    """One view for all statements, in which the database itself refuses to write."""
    with transaction.atomic():
        if len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _load(
    submissions: Sequence[Submission], *, locked: bool = True, patience: Patience | None = None
) -> Batch:
    """Claim the keys, lock the heads, and bring states and clock, in one round trip.

    A second one brings the events of streams whose state is not cached.
    """
    facts = _facts(submissions, patience)
    touches = Touches.all_of([submission.touches for submission in submissions])
    codes = {stream: entity_of(stream).code for stream in touches.modes}
    nowait = locked and patience is None and heads.has_appended()
    with pipeline() as execute:
        if patience:
            heads.send_patience(execute, patience.rows, position=patience.position)
        keys = requests.send_keys(execute, submissions, claim=locked)
        found = _send_heads(execute, touches, locked=locked, nowait=nowait)
        users = execute(USERS, [Uuids(touches.users)]) if touches.users else None
        clock = execute(heads.TRANSACTION if locked else reading.NOW)
    streams = heads.received(found, codes)
    if locked:
        heads.require(touches.creates, streams)
    fold = _folded(streams)
    fold.asked = frozenset(touches.streams)
    claims, known = (cursor.fetchall() for cursor in keys) if keys else ((), ())
    ((now, *name),) = clock.fetchall()
    return Batch(
        fold=fold,
        now=now,
        keys=requests.Keys(claims, known),
        new_heads=[stream for stream in touches.creates if not fold.version(stream)],
        users=frozenset(id_ for (id_,) in users.fetchall()) if users else frozenset(),
        facts=facts,
        transaction=name[0] if name else "",
    )


def _send_heads(execute: Execute, touches: Touches, *, locked: bool, nowait: bool) -> list[Rows]:
    if not locked:
        return [heads.send_heads(execute, touches.modes)]
    return heads.send_locks(
        execute, touches.modes, insert=touches.creates, guards=touches.guards, nowait=nowait
    )


def _facts(submissions: Sequence[Submission], patience: Patience | None) -> Facts:
    """What these ask for before they know all that they touch, and let them know it."""
    asked = {each for submission in submissions for each in submission.touches.asks}
    if not asked:
        return {}
    streams = [each for each in asked if isinstance(each, str)]
    ids = [each for each in asked if isinstance(each, UUID)]
    with pipeline() as execute:
        if patience:
            heads.send_patience(execute, patience.rows, position=patience.position)
        found = send_beginnings(execute, streams, ids)
    facts: dict[Asked, Fact] = {}
    for event in map(recorded, found.fetchall()):
        with suppress(UnknownEvent):  # An id may be that of any event there is.
            fact = Fact(event.stream, registry.load(event))
            facts |= {each: fact for each in (event.stream, event.id) if each in asked}
    for submission in submissions:
        submission.learn(facts)
    return facts


def _folded(found: Mapping[str, heads.Head]) -> Fold:
    fold = Fold()
    for stream, head in found.items():
        state = entity_of(stream).initial if head.state is None else _loaded(stream, head.state)
        for event in head.tail:
            state = entity_of(stream).evolve(state, registry.load(event))
        fold.states[stream], fold.versions[stream] = state, head.version
    return fold


def _loaded(stream: str, text: str) -> Any:
    return entity_of(stream).codec[1](orjson.loads(text))
