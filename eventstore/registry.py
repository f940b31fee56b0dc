"""Names in the log ↔ classes in the code: `@event("ledger.account_debited")`, codecs, upcasters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from eventstore.errors import UnknownEvent
from eventstore.records import NewEvent, Recorded
from eventstore.values import Codec, codec

Upcaster = Callable[[dict[str, Any]], Mapping[str, Any]]
C = TypeVar("C", bound=type)

_by_name: dict[str, "EventType"] = {}
_by_class: dict[type, "EventType"] = {}


@dataclass(frozen=True, slots=True)
class EventType:
    """One registered type: its stored name, current schema, class, codecs and upcasters."""

    name: str
    schema: int
    cls: type
    codec: Codec
    upcasters: Mapping[int, Upcaster]
    id_from: str | None


def event(
    name: str,
    *,
    schema: int = 1,
    upcasters: Mapping[int, Upcaster] | None = None,
    id_from: str | None = None,
) -> Callable[[C], C]:
    """Register a frozen dataclass under its stored name; renaming the class never touches the log.

    `upcasters[n]` turns data of schema n into data of schema n + 1. Fields at their default are
    not stored, so that an event holds only what changed. `id_from` names the field that is the
    event's id as well, by which what it began is found.

    Raises:
        ValueError: when the name is taken, or an older schema has no upcaster.
    """
    ladder = dict(upcasters or {})
    if sorted(ladder) != list(range(1, schema)):
        raise ValueError(f"{name} is at schema {schema}: one upcaster for each older one, no other")

    def register(cls: C) -> C:
        if name in _by_name:
            raise ValueError(f"the event name {name!r} is taken by {_by_name[name].cls!r}")
        entry = EventType(name, schema, cls, codec(cls), ladder, id_from)
        _by_name[name] = _by_class[cls] = entry
        return cls

    return register


def registered() -> list[EventType]:
    """Every event type, by name."""
    return [_by_name[name] for name in sorted(_by_name)]


def type_of(cls: type) -> EventType:
    """The registration of an event class.

    Raises:
        UnknownEvent: when the class was never registered.
    """
    try:
        return _by_class[cls]
    except KeyError:
        raise UnknownEvent(f"{cls!r} is not registered with @event") from None


def new_event(typed: Any, metadata: Mapping[str, Any] | None = None) -> NewEvent:
    """The domain's event as the store takes it."""
    entry = type_of(type(typed))
    data = entry.codec[0](typed)
    own = {} if entry.id_from is None else {"id": getattr(typed, entry.id_from)}
    return NewEvent(entry.name, data, metadata or {}, schema=entry.schema, typed=typed, **own)


def load(recorded: Recorded) -> Any:
    """The recorded event as an object of its class, brought up to the current schema.

    It is made once, and kept with what was recorded.

    Raises:
        UnknownEvent: when its type is not registered, or its schema is newer than the code.
    """
    if recorded.typed is None:
        recorded.typed = _typed(recorded)
    return recorded.typed


def _typed(recorded: Recorded) -> Any:
    entry = _by_name.get(recorded.type)
    if entry is None or recorded.schema > entry.schema:
        raise UnknownEvent(
            f"position {recorded.position}: {recorded.type} schema {recorded.schema} is unknown"
        )
    data: Mapping[str, Any] = recorded.data
    for schema in range(recorded.schema, entry.schema):
        data = entry.upcasters[schema](dict(data))
    return entry.codec[1](data)
