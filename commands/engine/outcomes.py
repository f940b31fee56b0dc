"""What is asked and what comes of it: the same two values on every road."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from commands.engine.causes import Cause
from commands.engine.decider import Facts, Principal, Touches
from commands.engine.errors import InProgress, Refused
from eventstore.http import pointed, problem_body
from eventstore.ids import uuid7
from eventstore.store import timestamp

REACTION = "reaction"
"""The source of requests that the product makes because of an event."""
IMPORT = "import"
"""The source of requests that a file was made into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A command with everything about the request that carried it.

    `payload` is what the client sent and `arguments` what stood in the path; the fingerprint is
    made of these alone, never of what the server filled in. `expected` are versions from If-Match,
    `parent` is the group whose item this is.

    One for `later` is only accepted now; one that is `queued` was, and its row waits for its
    outcome. `retry_of` is the failed request that this one asks for again. `cause` is what made the
    product itself ask.
    """

    command: Any
    name: str
    principal: Principal
    payload: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    expected: Mapping[str, int] = field(default_factory=dict)
    key: str | None = None
    parent: UUID | None = None
    source: str = "api"
    road: str = "awaited"
    later: bool = False
    queued: bool = False
    not_before: datetime | None = None
    retry_of: UUID | None = None
    cause: Cause | None = None
    id: UUID = field(default_factory=uuid7)
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    fingerprint: bytes = field(init=False)
    touches: Touches = field(init=False)

    def __post_init__(self) -> None:
        touches = Touches() if self.later else self.command.touches()
        object.__setattr__(self, "touches", touches)
        # SHA-256 over name, path arguments, If-Match and body: 1 and "1" differ.
        asked = [self.name, dict(self.arguments), dict(self.expected), dict(self.payload)]
        object.__setattr__(self, "fingerprint", sha256(_canonical(asked)).digest())

    def learn(self, facts: Facts) -> None:
        """See from the facts that it asks for what else it touches, and keep that."""
        if self.touches.asks:
            touches = Touches.all_of([self.touches, self.command.also(facts)])
            object.__setattr__(self, "touches", touches)

    @property
    def keys(self) -> list[tuple[UUID, str]]:
        """The idempotency keys to be claimed, each with whose it is; also those of its items.

        The row of one that is queued has its key already.
        """
        several = () if self.queued else (self,)
        if isinstance(self.command, Group) and not self.later:
            several = (*several, *self.command.items)
        return [(each.principal.user, each.key) for each in several if each.key is not None]

    @property
    def size(self) -> int:
        """How many commands are to be decided with it."""
        return len(self.command.items) if isinstance(self.command, Group) and not self.later else 1

    @property
    def locks(self) -> dict[str, str]:
        """What it must hold to be decided, by name: streams in their modes, and its keys."""
        return {**self.touches.modes, **{held_key(*key): "UPDATE" for key in self.keys}}

    def keyless(self) -> "Submission":
        """The same request without idempotency keys, to be decided but not remembered."""
        command = self.command
        if isinstance(command, Group):
            command = replace(command, items=tuple(item.keyless() for item in command.items))
        return replace(self, command=command, key=None, later=False)

    def is_final(self, refusal: Refused) -> bool:
        """Whether a refusal uses the key up: of what was accepted each does, of others a rule's.

        An import may be run again after a correction.
        """
        return self.queued or (refusal.uses_key and self.source != IMPORT)


def held_key(user: UUID, key: str) -> str:
    """The name under which an idempotency key is held; no stream has such a name."""
    return f"\0{user} {key}"


@dataclass(frozen=True, slots=True)
class Group:
    """The message of a request that is several commands.

    If it is atomic all of them are done, or none; else each has an outcome of its own.
    """

    items: tuple[Submission, ...]
    atomic: bool = True

    def touches(self) -> Touches:
        return Touches.all_of([each.touches for each in self.items])

    def also(self, facts: Facts) -> Touches:
        for each in self.items:
            each.learn(facts)
        return self.touches()


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of a request. `answer` is complete but for what the position makes known.

    A success without events has the position it was decided at as its `first_position`. Of a
    request that was accepted to be decided later, nothing has come yet.
    """

    request: UUID
    status: str
    http_status: int
    answer: Mapping[str, Any]
    first_position: int | None = None
    events: int = 0
    decided_at: datetime | None = None
    replayed: bool = False

    @property
    def succeeded(self) -> bool:
        return self.status == "succeeded"

    @property
    def is_accepted(self) -> bool:
        """Whether it will be decided later."""
        return self.status == "accepted"

    @property
    def is_in_progress(self) -> bool:
        """Whether another process is deciding a request with its key."""
        return self.answer.get("code") == InProgress.code

    @property
    def position(self) -> int | None:
        """The position of the request's last event; without events, of the last before it."""
        if self.first_position is None:
            return None
        return self.first_position + max(self.events - 1, 0)

    @property
    def body(self) -> dict[str, Any]:
        """The answer's body, the same the first time and on every replay."""
        request = {"id": str(self.request), "status": self.status, "position": self.position}
        if self.is_accepted:
            return {"request": {**request, "events": [], **self.answer}}
        if not self.succeeded:
            return {**self.answer, "request": request}
        if "outcomes" in self.answer:
            outcomes = [{"status": e.http_status, "body": e.told} for e in self.outcomes]
            return {"request": {**request, "events": self.answer["events"]}, "outcomes": outcomes}
        resources = {k: self._completed(v) for k, v in self.answer.items() if k != "events"}
        return {"request": {**request, "events": self.answer["events"]}, **resources}

    @property
    def told(self) -> dict[str, Any]:
        """The body that a client of the API is told it in: a refusal is a problem (RFC 9457)."""
        if self.succeeded or self.is_accepted:
            return self.body
        said = self.answer
        pointers = [(said["pointer"], said["detail"])] if said["pointer"] else []
        return problem_body(
            said["code"],
            self.http_status,
            said["detail"],
            errors=said.get("errors") or pointed(pointers),
            facts=said["facts"],
        )

    def within(self, group: int) -> dict[str, Any]:
        """An outcome as its group's answer keeps it; `group` is the group's first position."""
        kept = {
            "request": str(self.request),
            "status": self.http_status,
            "events": self.events,
            "answer": self.answer,
        }
        if not self.succeeded:
            return kept
        if self.first_position is None or self.decided_at is None or self.first_position < 0:
            # Its events are among the group's; an ordinal is minus its place in the append.
            return {**kept, "after": group - (self.first_position or 0)}
        return {**kept, "at": self.first_position, "decided_at": self.decided_at.isoformat()}

    @property
    def outcomes(self) -> "list[Outcome]":
        """What came of each command of a group."""
        return [self._kept(each) for each in self.answer.get("outcomes", ())]

    def _kept(self, kept: Mapping[str, Any]) -> "Outcome":
        at, first = kept.get("decided_at"), self.first_position
        if first is not None:  # It is None of a dry run.
            first = first + kept["after"] if "after" in kept else kept.get("at")
        return Outcome(
            request=UUID(kept["request"]),
            status=_STATUSES.get(kept["status"], "refused"),
            http_status=kept["status"],
            answer=kept["answer"],
            first_position=first,
            events=kept["events"],
            decided_at=datetime.fromisoformat(at) if at else self.decided_at,
        )

    def _completed(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        completed = dict(resource)
        if self.first_position is None:
            return completed | {"position": None}
        completed["position"] += self.first_position
        if "recorded_at" in completed and self.decided_at is not None:
            completed["recorded_at"] = timestamp(self.decided_at)
        return completed


_STATUSES = {200: "succeeded", 201: "succeeded", 202: "accepted"}


def accepted(asked: Submission) -> Outcome:
    """What is answered to a request that will be decided later."""
    due = asked.not_before
    return Outcome(
        request=asked.id,
        status="accepted",
        http_status=202,
        answer={"not_before": timestamp(due) if due else None},
    )


def _canonical(value: Any) -> bytes:
    """JSON with sorted keys; the fast writer takes no integer of more than 64 bits."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
