"""Decide a list of commands in one transaction: the one handler that every road leads to.

One round trip loads and locks all that the list touches, each command is decided in memory on
what those before it left behind, and one pipeline writes it all, in the store's lock order.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction

from commands.engine import requests
from commands.engine.decider import (
    Context,
    Entity,
    Fold,
    Handler,
    States,
    Touches,
    entity_of,
    handler_of,
)
from commands.engine.errors import IdempotencyKeyReused, InProgress, Refused, StaleVersion
from commands.engine.outcomes import Outcome, Submission
from eventstore import heads, registry
from eventstore.appending import write
from eventstore.columns import Texts, Uuids
from eventstore.pipeline import pipeline
from eventstore.reading import latest_position
from eventstore.records import Recorded, unplaced

MAX_BATCH = 256

USERS = f"SELECT id FROM {get_user_model()._meta.db_table} WHERE id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Patience:
    """Milliseconds for which a transaction waits for a lock: for heads, and for all else."""

    heads: int
    rest: int


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
        StoreBusy: this transaction has appended before, and another holds a head it needs.
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


def rehearse(submission: Submission) -> tuple[Outcome, States]:
    """What would come of a request now, and the states it would leave behind.

    Decided on what a snapshot shows: nothing is locked, written or kept, no key is looked at, and
    the outcome has no position. A refusal leaves the states as they are.
    """
    with _snapshot():
        keyless = replace(submission, key=None)
        batch = _load([keyless], locked=False)
        outcome = batch.outcome(keyless)
    outcome.first_position = None
    return outcome, batch.fold


def look(streams: Iterable[str]) -> States:
    """The states of these streams as they are now: to be shown, not to be decided on."""
    codes = {stream: entity_of(stream).code for stream in streams}
    with _snapshot(), pipeline() as execute:
        found = heads.send_heads(execute, codes)
        tails = heads.send_tails(execute, codes)
    return _folded(heads.received([found], tails, codes))


@contextmanager
def _snapshot() -> Iterator[None]:
    """One view for all statements, in which the database itself refuses to write."""
    with transaction.atomic():
        if len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


@dataclass(slots=True)
class _Batch:
    """What a list of commands is decided on, and what comes of it."""

    fold: Fold
    now: datetime
    keys: requests.Keys
    new_heads: list[str]
    users: frozenset[UUID]
    transaction: str
    events: list[Recorded] = field(default_factory=list)
    rows: list[requests.Row] = field(default_factory=list)
    replays: list[Outcome] = field(default_factory=list)
    changed: dict[str, None] = field(default_factory=dict)

    def outcome(self, submission: Submission) -> Outcome:
        streams = submission.touches.streams
        decided_on = {stream: self.fold.version(stream) for stream in streams}
        try:
            known = self.keys.known(submission)
            outcome = known or self._decide(submission)
        except InProgress as refusal:
            return self._refused(submission, refusal)
        except IdempotencyKeyReused as refusal:
            return self._store(
                submission, self._refused(submission, refusal), decided_on, final=False
            )
        except Refused as refusal:
            final = refusal.status == 422 and submission.refusal_is_final
            outcome = self._refused(submission, refusal)
            return self._store(submission, outcome, decided_on, final=final)
        if known:
            self.replays.append(known)
            return known
        return self._store(submission, outcome, decided_on, final=True)

    def _decide(self, submission: Submission) -> Outcome:
        fold, command = self.fold, submission.command
        handler = handler_of(command)
        for stream, version in submission.expected.items():
            if fold.version(stream) != version:
                self._admit(handler, submission)
                raise StaleVersion(expected=version, actual=fold.version(stream))
        changes = handler.decide(command, fold, self._context(submission))
        first = len(self.events) + 1
        metadata = _metadata(submission)
        told = []
        for stream, event in changes.items():
            new = registry.new_event(event, metadata)
            version = fold.apply(stream, event)
            self.changed[stream] = None
            told.append({"stream": stream, "version": version, "type": new.type})
            self.events.append(unplaced(new, stream, version, len(self.events) + 1))
        return Outcome(
            request=submission.id,
            status="succeeded",
            http_status=201 if handler.created else 200,
            answer={"events": told, **handler.answer(command, fold)},
            first_position=-first if told else self._latest(),
            events=len(told),
            decided_at=self.now,
        )

    def _admit(self, handler: Handler, submission: Submission) -> None:
        """Who may not see or do a thing is told so before they are told its version."""
        try:
            handler.decide(submission.command, self.fold, self._context(submission))
        except Refused as refusal:
            if refusal.status in (403, 404):
                raise

    def _latest(self) -> int:
        """The position an outcome without events was decided at: of the last event before it."""
        return -len(self.events) or latest_position()

    def _refused(self, submission: Submission, refusal: Refused) -> Outcome:
        return Outcome(
            request=submission.id,
            status="refused",
            http_status=refusal.status,
            answer=refusal.as_answer(),
            decided_at=self.now,
        )

    def _store(
        self, submission: Submission, outcome: Outcome, decided_on: dict[str, int], *, final: bool
    ) -> Outcome:
        """Remember the outcome; only a final one uses the key up."""
        row = requests.Row(submission, outcome, submission.key if final else None, decided_on)
        self.rows.append(row)
        self.keys.remember(row)
        return outcome

    def _context(self, submission: Submission) -> Context:
        zone = ZoneInfo(settings.DAYBOOK_BOOK_TIME_ZONE)
        return Context(
            now=self.now,
            today=self.now.astimezone(zone).date(),
            principal=submission.principal,
            self_service=settings.DAYBOOK_SELF_SERVICE,
            users=self.users,
        )

    def write(self) -> None:
        """Write what was decided: events with all that hangs on them, then the request rows."""
        unused = [stream for stream in self.new_heads if stream not in self.changed]
        with pipeline() as execute:
            if unused:
                execute(heads.FORGET_UNUSED, [Texts(unused)])
            if not self.events and self.rows:
                execute(*requests.insert(self.rows))
        if not self.events:
            return
        states = {
            stream: heads.State(_dumped(entity, self.fold[stream]), entity.code)
            for stream, entity in ((stream, entity_of(stream)) for stream in self.changed)
            if entity.cached
        }
        write(self.events, states=states, then=[requests.insert(self.rows)])
        base, recorded_at = self.events[0].position - 1, self.events[0].recorded_at
        for outcome in (*(row.outcome for row in self.rows), *self.replays):
            if outcome.first_position is not None and outcome.first_position < 0:
                outcome.first_position = base - outcome.first_position
                outcome.decided_at = recorded_at


def _load(
    submissions: Sequence[Submission], *, locked: bool = True, patience: Patience | None = None
) -> _Batch:
    """Claim the keys, lock the heads, and bring states and clock, in one round trip."""
    touches = Touches.all_of([submission.touches for submission in submissions])
    codes = {stream: entity_of(stream).code for stream in touches.modes}
    nowait = locked and heads.has_appended()
    with pipeline() as execute:
        keys = requests.send_keys(execute, submissions)
        if patience:
            heads.send_patience(execute, patience.heads)
        if locked:
            insert = (*touches.creates, *touches.reads)
            locks = heads.send_locks(execute, touches.modes, insert=insert, nowait=nowait)
        else:
            locks = [heads.send_heads(execute, codes)]
        tails = heads.send_tails(execute, codes)
        users = execute(USERS, [Uuids(touches.users)]) if touches.users else None
        clock = execute(heads.NOW)
        name = execute(heads.TRANSACTION) if locked else None
        if patience:
            heads.send_patience(execute, patience.rest)
    fold = _folded(heads.received(locks, tails, codes))
    claims, found = (cursor.fetchall() for cursor in keys) if keys else ((), ())
    ((now,),) = clock.fetchall()
    return _Batch(
        fold=fold,
        now=now,
        keys=requests.Keys(claims, found),
        new_heads=[stream for stream in touches.creates if not fold.version(stream)],
        users=frozenset(id_ for (id_,) in users.fetchall()) if users else frozenset(),
        transaction=name.fetchall()[0][0] if name else "",
    )


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


def _dumped(entity: Entity, state: Any) -> str:
    return orjson.dumps(entity.codec[0](state)).decode()


def _metadata(submission: Submission) -> dict[str, str]:
    """Which request made an event, whom it goes back to, and who asked."""
    request = str(submission.id)
    return {
        "request": request,
        "correlation": request,
        "causation": request,
        "actor": str(submission.principal.user),
    }
