"""Commands decided in memory, one on what the other left behind, and then written as one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings

from commands.engine import requests
from commands.engine.decider import Context, Entity, Facts, Fold, entity_of, handler_of
from commands.engine.due import DUE, due
from commands.engine.errors import (
    IdempotencyKeyReused,
    InProgress,
    Refused,
    StaleVersion,
    StoredRefusal,
)
from commands.engine.outcomes import Group, Outcome, Submission, accepted
from eventstore import heads, registry
from eventstore.appending import write
from eventstore.columns import Texts
from eventstore.pipeline import pipeline
from eventstore.reading import latest_position
from eventstore.records import Recorded, unplaced


@dataclass(slots=True)
class Batch:
    """What a list of commands is decided on, and what comes of it."""

    fold: Fold
    now: datetime
    keys: requests.Keys
    new_heads: list[str]
    users: frozenset[UUID]
    facts: Facts
    transaction: str
    events: list[Recorded] = field(default_factory=list)
    rows: list[requests.Row] = field(default_factory=list)
    replays: list[Outcome] = field(default_factory=list)
    changed: dict[str, None] = field(default_factory=dict)
    _zone: ZoneInfo = field(init=False)
    _shared: dict[str, Any] = field(init=False)
    """What the contexts of all its commands have in common."""

    def __post_init__(self) -> None:
        zone = settings.DAYBOOK_BOOK_TIME_ZONE
        self._zone = ZoneInfo(zone)
        self._shared = {
            "now": self.now,
            "today": self.now.astimezone(self._zone).date(),
            "zone": zone,
            "self_service": settings.DAYBOOK_SELF_SERVICE,
            "max_open_holds": settings.DAYBOOK_MAX_OPEN_HOLDS,
            "users": self.users,
            "facts": self.facts,
        }

    def outcome(self, submission: Submission) -> Outcome:
        decided_on = self._versions(submission)
        try:
            known = None if submission.queued else self.keys.known(submission)
            if known is None:
                self._compare(submission)
                if self._do_what_is_due(submission):
                    decided_on = self._versions(submission)
            outcome = known or self._outcome(submission)
        except InProgress as refusal:
            return self._refused(submission, refusal)
        except Refused as refusal:
            outcome = self._refused(submission, refusal)
            final = submission.is_final(refusal)
            return self._store(submission, outcome, decided_on, final=final)
        if known:
            self.replays.append(known)
            return known
        return self._store(submission, outcome, decided_on, final=True)

    def _versions(self, submission: Submission) -> dict[str, int]:
        return {stream: self.fold.version(stream) for stream in submission.touches.streams}

    def _do_what_is_due(self, submission: Submission) -> bool:
        """Decide what the time has brought about, in requests of their own, before a command.

        Whether that was anything.
        """
        before = len(self.events)
        for stream in submission.touches.changes:
            while self._goes_first(stream):
                asked = due(stream)
                is_itself = submission.source == DUE and asked.name == submission.name
                if is_itself or not self.outcome(asked).events:
                    break
        return len(self.events) > before

    def _goes_first(self, stream: str) -> bool:
        """Whether something is due on a stream that is decided before other commands."""
        entity = entity_of(stream)
        at = entity.due(self.fold[stream], self._zone) if entity.first else None
        return at is not None and at <= self.now

    def _outcome(self, submission: Submission) -> Outcome:
        return accepted(submission) if submission.later else self._decide(submission)

    def _decide(self, submission: Submission) -> Outcome:
        if submission.cause:
            submission.cause.check()
        fold, command = self.fold, submission.command
        if isinstance(command, Group):
            return self._decide_group(submission, command)
        handler, context = handler_of(command), self._context(submission)
        changes = handler.decide(command, fold, context)
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
            answer={"events": told, **handler.answer(command, fold, context)},
            first_position=-first if told else self._latest(),
            events=len(told),
            decided_at=self.now,
        )

    def _decide_group(self, submission: Submission, group: Group) -> Outcome:
        """Its commands, each on what the others did; of an atomic one all, or none."""
        before = len(self.events)
        outcomes: list[Outcome] = []
        if submission.key is not None and submission.key in {item.key for item in group.items}:
            raise IdempotencyKeyReused(key=submission.key)
        with self._undone_when_refused():
            for index, item in enumerate(group.items):
                outcome = self.outcome(item)
                if outcome.is_in_progress:
                    raise InProgress
                if group.atomic and outcome.http_status >= 400:
                    raise RefusedGroup(outcome, index)
                outcomes.append(outcome)
        events = len(self.events) - before
        first = -(before + 1) if events else self._latest()
        return Outcome(
            request=submission.id,
            status="succeeded",
            http_status=200,
            answer={
                "events": [
                    told
                    for each in outcomes
                    if not each.replayed
                    for told in each.answer.get("events", ())
                ],
                "outcomes": [each.within(first) for each in outcomes],
            },
            first_position=first,
            events=events,
            decided_at=self.now,
        )

    @contextmanager
    def _undone_when_refused(self) -> Iterator[None]:
        """Whatever happens in here is dropped as a whole when it ends in a refusal."""
        fold, lists = self.fold, list[list[Any]]([self.events, self.rows, self.replays])
        states, versions, changed = dict(fold.states), dict(fold.versions), dict(self.changed)
        lengths, known = [len(each) for each in lists], self.keys.known_so_far()
        try:
            yield
        except Refused:
            fold.states, fold.versions, self.changed = states, versions, changed
            self.keys.forget_all_but(known)
            for each, length in zip(lists, lengths, strict=True):
                del each[length:]
            raise

    def _compare(self, submission: Submission) -> None:
        """See that streams have the versions they are expected to have."""
        for stream, version in () if submission.later else submission.expected.items():
            if self.fold.version(stream) != version:
                self._admit(submission)
                raise StaleVersion(expected=version, actual=self.fold.version(stream))

    def _admit(self, submission: Submission) -> None:
        """Who may not see or do a thing is told so before they are told its version."""
        command = submission.command
        try:
            handler_of(command).decide(command, self.fold, self._context(submission))
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
        """Remember the outcome; only a final one uses the key up.

        What was due and has been done by another meanwhile is nothing to remember.
        """
        if submission.source == DUE and outcome.succeeded and not outcome.events:
            return outcome
        row = requests.Row(submission, outcome, submission.key if final else None, decided_on)
        self.rows.append(row)
        self.keys.remember(row)
        return outcome

    def _context(self, submission: Submission) -> Context:
        return Context(principal=submission.principal, **self._shared)

    def write(self) -> None:
        """Write what was decided: events with all that hangs on them, then the request rows."""
        unused = [stream for stream in self.new_heads if stream not in self.changed]
        stored = requests.statements(self.rows)
        with pipeline() as execute:
            if unused:
                execute(heads.FORGET_UNUSED, [Texts(unused)])
            if accepted := requests.accepted_of(self.rows):
                execute(*requests.admit_due(accepted))
            if self.replays:
                # Those of before; nothing waits for their rows once there is the position's lock.
                mine = {row.submission.id for row in self.rows}
                again = [each.request for each in self.replays]
                execute(*requests.count_replays([id_ for id_ in again if id_ not in mine]))
                stored.append(requests.count_replays([id_ for id_ in again if id_ in mine]))
            if not self.events:
                for statement in stored:
                    execute(*statement)
        if not self.events:
            return
        states = {
            stream: _state(entity, self.fold[stream], self._zone)
            for stream in self.changed
            if (entity := entity_of(stream)).cached
        }
        write(self.events, states=states, then=stored)
        base, recorded_at = self.events[0].position - 1, self.events[0].recorded_at
        for outcome in (*(row.outcome for row in self.rows), *self.replays):
            if outcome.first_position is not None and outcome.first_position < 0:
                outcome.first_position = base - outcome.first_position
                outcome.decided_at = recorded_at


class RefusedGroup(StoredRefusal):
    """Why a group is refused: for its first command that is, whose place is a fact more."""

    def __init__(self, outcome: Outcome, index: int) -> None:
        said = outcome.answer
        self._alone = outcome.http_status == 422 and said["code"] != IdempotencyKeyReused.code
        pointer = f"/commands/{index}/data{said['pointer']}" if said["pointer"] else ""
        facts = {**said["facts"], "index": index}
        super().__init__(422, {**said, "pointer": pointer, "facts": facts}, headers={})

    @property
    def uses_key(self) -> bool:
        """Whether the command's refusal would have used its key up."""
        return self._alone


def _state(entity: Entity, state: Any, zone: ZoneInfo) -> heads.State:
    text = orjson.dumps(entity.codec[0](state)).decode()
    return heads.State(text, entity.code, entity.due(state, zone))


def _metadata(submission: Submission) -> dict[str, Any]:
    """Which request made an event, whom it goes back to, and who asked."""
    request, cause = str(submission.id), submission.cause
    made = {
        "request": request,
        "correlation": str(submission.parent or request),
        "causation": request,
        "actor": str(submission.principal.user),
    }
    if cause is None:
        return made
    causes = {"correlation": str(cause.correlation), "causation": str(cause.event)}
    return made | causes | {"depth": cause.depth}
