"""Rules are pure (`initial`, `evolve`, `decide`): no clock, no database, no framework."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, tzinfo
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, TypeVar
from uuid import UUID

from commands.engine.errors import Refused
from eventstore.errors import StoreBusy
from eventstore.records import Recorded, category
from eventstore.registry import load
from eventstore.values import Codec, codec

Changes = Mapping[str, Any]
"""What a command changes: at most one event for each stream."""


@dataclass(frozen=True, slots=True)
class Fact:
    """An event that began something, and the stream it is in: it will never be another."""

    stream: str
    event: Any


Asked = str | UUID
"""What a fact is found by: the stream that it began, or the event's id."""

Facts = Mapping[Asked, Fact]

F = TypeVar("F", bound=Callable[..., Any])


class Principal(Protocol):
    """Who asks, as far as rules need to know."""

    @property
    def user(self) -> UUID: ...

    @property
    def prefix(self) -> str: ...

    def may(self, right: str) -> bool: ...

    def sees(self, code: str, owner: UUID | None) -> bool: ...


@dataclass(frozen=True, slots=True)
class Context:
    """When and by whom a command is decided.

    `today` is the date of `now` in the book's time `zone`; `users` are those that exist of the
    users a command touches; `facts` are those that it asked for and that there are.
    """

    now: datetime
    today: date
    principal: Principal
    self_service: bool = False
    users: frozenset[UUID] = frozenset()
    facts: Facts = field(default_factory=dict)
    max_open_holds: int = 1_000
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Touches:
    """The streams of a command: those it may bring into being, may change, and only reads.

    `guards` are those that so many commands read that they are locked by name, in turn, and those
    who change them say so too: they need not exist.

    `draws` are those it may bring into being under an id that was drawn for it: nobody else can
    know of them, so they need no lock. `users` are those whose existence its rule asks for.

    `asks` are facts that are read first, without a lock: where the command touches more than it
    names itself, it says with them what that is.
    """

    creates: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    draws: tuple[str, ...] = ()
    users: tuple[UUID, ...] = ()
    asks: tuple[Asked, ...] = ()

    @classmethod
    def all_of(cls, several: "Sequence[Touches]") -> "Touches":
        """What several commands touch together."""

        def union(name: str) -> tuple[Any, ...]:
            return tuple(dict.fromkeys(each for one in several for each in getattr(one, name)))

        return cls(*map(union, cls.__slots__))

    @property
    def streams(self) -> tuple[str, ...]:
        return (*self.draws, *self.creates, *self.changes, *self.reads, *self.guards)

    @property
    def modes(self) -> dict[str, str]:
        """The lock that each stream's head needs: "UPDATE" or "SHARE"."""
        changed = (*self.creates, *self.changes)
        read = (*self.reads, *self.guards)
        return dict.fromkeys(read, "SHARE") | dict.fromkeys(changed, "UPDATE")


class Command(Protocol):
    """A message: what is asked for, complete with the ids it will use.

    One that asks for facts has `also(facts) -> Touches` too: what else it touches.
    """

    def touches(self) -> Touches: ...


class States(Protocol):
    """The states a command may look at; a stream that does not exist has its initial state."""

    def __getitem__(self, stream: str) -> Any: ...

    def version(self, stream: str) -> int: ...


Answer = Callable[[Any, States, Context], Mapping[str, Any]]
"""How a command's success shows what it made or changed, by name."""


@dataclass(frozen=True, slots=True)
class Entity:
    """How the events of a category of streams add up to a state.

    `code` is the fingerprint of the sources that fold it: a state cached by other code is ignored.
    `cached` is false where streams are too short for a cache to pay.

    A state may say from when on it is `due`, by the days of the book's time zone: then the command
    that `when_due` makes of the stream is decided by itself, and where it goes `first`, before any
    other command on the stream.
    """

    category: str
    initial: Any
    evolve: Callable[[Any, Any], Any]
    codec: Codec
    code: str
    cached: bool = True
    due: Callable[[Any, tzinfo], datetime | None] = lambda state, zone: None
    when_due: Callable[[str], Command] | None = None
    first: bool = True


@dataclass(frozen=True, slots=True)
class Handler:
    """A command's name, message, rule, and how its answer shows the resource it made or changed.

    `shows` names the resources of its answer, `refusals` are every "no" of its rule. An `internal`
    one is asked by the product itself: it has no address.
    """

    name: str
    message: type
    decide: Callable[[Any, States, Context], Changes]
    answer: Answer
    shows: tuple[str, ...]
    refusals: tuple[type[Refused], ...]
    created: bool
    internal: bool


_entities: dict[str, Entity] = {}
_handlers: dict[str, Handler] = {}
_by_message: dict[type, Handler] = {}


def entity(
    name: str,
    *,
    initial: Any,
    evolve: Callable[[Any, Any], Any],
    sources: Iterable[ModuleType],
    **options: Any,
) -> Entity:
    """Register how streams of a category are folded; `sources` are the modules that decide it."""
    files = [Path(module.__file__ or "").read_bytes() for module in sources]
    code = sha256(b"\0".join(files)).hexdigest()[:16]
    found = Entity(name, initial, evolve, codec(type(initial)), code, **options)
    _entities[name] = found
    return found


def decides(
    message: type,
    name: str,
    *,
    answer: Answer,
    shows: tuple[str, ...],
    refusals: tuple[type[Refused], ...],
    created: bool = False,
    internal: bool = False,
) -> Callable[[F], F]:
    """Register the rule of a command: `decide(command, states, context) -> changes`.

    The rule raises one of `refusals`, or returns one event for each entity that changes. `shows`
    names the resources of the answer, as the read side names their shapes. `created` makes a
    success answer 201 rather than 200. An `internal` command has no address.
    """

    def register(decide: F) -> F:
        handler = Handler(name, message, decide, answer, shows, refusals, created, internal)
        _handlers[name] = _by_message[message] = handler
        return decide

    return register


def entity_of(stream: str) -> Entity:
    """The entity whose events this stream holds."""
    return _entities[category(stream)]


def folded(stream: str, events: Iterable[Recorded]) -> tuple[Any, Any]:
    """The states before and after the last of these events, as data.

    None before the first event, and for a stream that no rule knows.
    """
    entity = _entities.get(category(stream))
    if entity is None:
        return None, None
    before = state = None
    for event in events:
        before, state = state, entity.evolve(state or entity.initial, load(event))
    return before and asdict(before), state and asdict(state)


def states() -> list[type]:
    """The class of every kind of entity's state."""
    return [type(each.initial) for each in _entities.values()]


def entities() -> list[Entity]:
    """Every kind of entity."""
    return list(_entities.values())


def handler_of(command: Any) -> Handler:
    """The handler of a message."""
    return _by_message[type(command)]


def handlers() -> Mapping[str, Handler]:
    """Every command by name."""
    return dict(sorted(_handlers.items()))


@dataclass(slots=True)
class Fold:
    """States of streams, each with its version, as they are after the events applied so far.

    Where it is known which streams were `asked` for, there are no others.
    """

    versions: dict[str, int] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    asked: Container[str] | None = None

    def __getitem__(self, stream: str) -> Any:
        """The state of a stream.

        Raises:
            StoreBusy: it was not asked for, because what tells that it is needed came later.
        """
        if stream in self.states:
            return self.states[stream]
        if self.asked is not None and stream not in self.asked:
            raise StoreBusy(f"{stream} is needed, as is known only now: begin anew")
        return entity_of(stream).initial

    def version(self, stream: str) -> int:
        return self.versions.get(stream, 0)

    def apply(self, stream: str, event: Any) -> int:
        """Add an event to its stream's state; the stream's new version."""
        self.states[stream] = entity_of(stream).evolve(self[stream], event)
        self.versions[stream] = self.version(stream) + 1
        return self.versions[stream]
