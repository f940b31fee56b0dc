"""One voice for tests of rules: `given(…).when(…).then(…)`, or `.then_refused(…)`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from commands.engine.decider import Context, Fact, Fold, handler_of
from commands.engine.errors import Refused
from eventstore.events import ledger
from eventstore.registry import type_of
from tests.examples.people import ANN, BOB, EVE, SAM, VIC, Person

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass
class Spec:
    """What has happened so far, who asks, and what came of the question."""

    fold: Fold = field(default_factory=Fold)
    person: Person = SAM
    now: datetime = NOW
    self_service: bool = False
    users: frozenset[UUID] = frozenset(person.id for person in (ANN, BOB, EVE, VIC, SAM))
    facts: dict[Any, Fact] = field(default_factory=dict)
    max_open_holds: int = 1_000

    def by(self, person: Person) -> "Spec":
        self.person = person
        return self

    def at(self, now: datetime) -> "Spec":
        self.now = now
        return self

    def with_at_most(self, holds: int) -> "Spec":
        self.max_open_holds = holds
        return self

    def with_self_service(self) -> "Spec":
        self.self_service = True
        return self

    @property
    def context(self) -> Context:
        return Context(
            now=self.now,
            today=self.now.date(),
            principal=self.person.principal,
            self_service=self.self_service,
            users=self.users,
            facts=self.facts,
            max_open_holds=self.max_open_holds,
        )

    def when(self, command: Any) -> "Answer":
        decide = handler_of(command).decide
        try:
            return Answer(dict(decide(command, self.fold, self.context)), None)
        except Refused as refusal:
            return Answer({}, refusal)


@dataclass
class Answer:
    changes: Mapping[str, Any]
    refusal: Refused | None

    def then(self, *expected: tuple[str, Any]) -> None:
        """Just these events, each on its stream, in this order."""
        assert self.refusal is None, f"refused: {self.refusal!r}"
        assert list(self.changes.items()) == list(expected)

    def then_refused(self, refusal: type[Refused], **facts: Any) -> None:
        """This refusal, with at least these facts."""
        assert type(self.refusal) is refusal, f"not refused so: {self.refusal!r} {self.changes!r}"
        assert self.refusal.facts | facts == self.refusal.facts
        assert not self.changes


def given(*events: Any) -> Spec:
    """Start from these events, each an event or a (stream, event)."""
    spec = Spec()
    for event in events:
        stream, happened = event if isinstance(event, tuple) else (stream_of(event), event)
        spec.fold.apply(stream, happened)
        if (named := type_of(type(happened)).id_from) is not None:
            spec.facts[getattr(happened, named)] = Fact(stream, happened)
    return spec


def stream_of(event: Any) -> str:
    assert isinstance(event, ledger.AccountOpened), f"name the stream of {event!r}"
    return ledger.account_stream(event.code)


def on(day: str) -> date:
    return date.fromisoformat(day)


def uuid(number: int) -> UUID:
    return UUID(int=number)
