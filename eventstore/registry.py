"""Names in the log ↔ classes in the code: `@event("ledger.account_debited")`, codecs, upcasters."""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from eventstore.errors import UnknownEvent
from eventstore.records import NewEvent, Recorded

Amount = Annotated[int, "digits"]
"""Minor units, positive or zero, of any size; a string of digits in the log."""


class _Marker(Enum):
    UNCHANGED = "unchanged"


Unchanged = Literal[_Marker.UNCHANGED]
UNCHANGED: Unchanged = _Marker.UNCHANGED
"""The default of a field that an event may leave out where None would be a value."""

Codec = tuple[Callable[[Any], Any], Callable[[Any], Any]]
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


def event(
    name: str, *, schema: int = 1, upcasters: Mapping[int, Upcaster] | None = None
) -> Callable[[C], C]:
    """Register a frozen dataclass under its stored name; renaming the class never touches the log.

    `upcasters[n]` turns data of schema n into data of schema n + 1. Fields at their default are
    not stored, so that an event holds only what changed.

    Raises:
        ValueError: when the name is taken, or an older schema has no upcaster.
    """
    ladder = dict(upcasters or {})
    if sorted(ladder) != list(range(1, schema)):
        raise ValueError(f"{name} is at schema {schema}: one upcaster for each older one, no other")

    def register(cls: C) -> C:
        if name in _by_name:
            raise ValueError(f"the event name {name!r} is taken by {_by_name[name].cls!r}")
        entry = EventType(name, schema, cls, _dataclass_codec(cls), ladder)
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
    return NewEvent(entry.name, data, metadata or {}, schema=entry.schema, typed=typed)


def load(recorded: Recorded) -> Any:
    """The recorded event as an object of its class, brought up to the current schema.

    Raises:
        UnknownEvent: when its type is not registered, or its schema is newer than the code.
    """
    if recorded.typed is not None:
        return recorded.typed
    entry = _by_name.get(recorded.type)
    if entry is None or recorded.schema > entry.schema:
        raise UnknownEvent(
            f"position {recorded.position}: {recorded.type} schema {recorded.schema} is unknown"
        )
    data: Mapping[str, Any] = recorded.data
    for schema in range(recorded.schema, entry.schema):
        data = entry.upcasters[schema](dict(data))
    return entry.codec[1](data)


def told(said: Any) -> dict[str, Any]:
    """What a dataclass says, without the fields it leaves unchanged."""
    found = {each.name: getattr(said, each.name) for each in fields(said)}
    return {name: value for name, value in found.items() if value is not UNCHANGED}


def codec(cls: type) -> Codec:
    """How a dataclass is written to JSON and read back, by the same rules as events."""
    return _dataclass_codec(cls)


def _same(value: Any) -> Any:
    return value


def _codec(hint: Any) -> Codec:
    """How a value of this type is written to JSON and read back."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint == Amount:
        return str, int
    if origin in (Union, types.UnionType):
        return _optional_codec(arguments)
    if origin is tuple:
        write, read = _codec(arguments[0])
        return (lambda v: [write(i) for i in v]), (lambda v: tuple([read(i) for i in v]))
    if hint is UUID:
        return str, UUID
    if hint in (date, datetime):
        return hint.isoformat, hint.fromisoformat
    if is_dataclass(hint):
        return _dataclass_codec(hint)  # type: ignore[arg-type]
    return _same, _same


def _optional_codec(arguments: tuple[Any, ...]) -> Codec:
    (hint,) = [a for a in arguments if a not in (types.NoneType, Unchanged)]
    write, read = _codec(hint)
    if write is _same:
        return _same, _same
    return (
        lambda v: None if v is None else write(v),
        lambda v: None if v is None else read(v),
    )


def _dataclass_codec(cls: type) -> Codec:
    hints = get_type_hints(cls, include_extras=True)
    members = [
        (f.name, f.default if f.default_factory is MISSING else f.default_factory(), *_codec(h))
        for f, h in ((f, hints[f.name]) for f in fields(cls))
    ]
    readers = {name: read for name, _, _, read in members if read is not _same}

    def write(value: Any) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for name, default, write_member, _ in members:
            member = getattr(value, name)
            if default is MISSING or member != default:
                out[name] = member if write_member is _same else write_member(member)
        return out

    def read(data: Mapping[str, Any]) -> Any:
        return cls(**{k: readers[k](v) if k in readers else v for k, v in data.items()})

    return write, read
