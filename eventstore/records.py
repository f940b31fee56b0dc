"""The values that go into the store and come out of it, and what they may hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

import orjson

from eventstore.errors import InvalidEvent
from eventstore.ids import uuid7

MAX_INTEGER = 2**53
MAX_BYTES = 64 * 1024
MAX_DEPTH = 8
MAX_NAME = 255
NUL = "a NUL character cannot be kept"


class Expected(Enum):
    """Expected versions that are not a number."""

    ANY = "any"
    EXISTS = "exists"


ANY, EXISTS = Expected.ANY, Expected.EXISTS


@dataclass(slots=True)
class NewEvent:
    """An event to append. `typed` is the domain's own object, for receivers in this process."""

    type: str
    data: Mapping[str, Any]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=uuid7)
    schema: int = 1
    typed: Any = field(default=None, compare=False, repr=False)


@dataclass(slots=True)
class Recorded:
    """An event of the log.

    Until the position lock is held, `position` is minus the event's ordinal in its append and
    `recorded_at` is None; SQL puts the real ones in their place.
    """

    position: int
    stream: str
    version: int
    type: str
    schema: int
    data: Mapping[str, Any]
    metadata: Mapping[str, Any]
    id: UUID
    recorded_at: datetime
    typed: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Append:
    """Events for one stream, which must be at `expected_version` (0: it must not exist)."""

    stream: str
    events: Sequence[NewEvent]
    expected_version: int | Expected


def unplaced(new: NewEvent, stream: str, version: int, ordinal: int) -> Recorded:
    """An event on its way into the log; only the position lock will place it."""
    return Recorded(
        position=-ordinal,
        stream=stream,
        version=version,
        type=new.type,
        schema=new.schema,
        data=new.data,
        metadata=new.metadata,
        id=new.id,
        recorded_at=cast(datetime, None),
        typed=new.typed,
    )


def category(stream: str) -> str:
    """What stands before the first hyphen: `account` of `account-customers:1787`."""
    return stream.partition("-")[0]


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds: how moments are written everywhere."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def check_stream_name(stream: str) -> None:
    """Refuse names that are empty, too long or not printable.

    Raises:
        InvalidEvent: with the sentence that says which.
    """
    if not 0 < len(stream) <= MAX_NAME or not stream.isprintable():
        raise InvalidEvent(f"A stream name has 1 to {MAX_NAME} printable characters: {stream!r}")


def canonical(event: Recorded) -> bytes:
    """The bytes that are digested: keys sorted by code point, UTF-8 unescaped, no spaces."""
    return orjson.dumps(
        {
            "id": event.id,
            "stream": event.stream,
            "version": event.version,
            "type": event.type,
            "schema": event.schema,
            "data": event.data,
            "metadata": event.metadata,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def digest(event: Recorded) -> bytes:
    """SHA-256 of the canonical event; where and when it was recorded is what the seal covers."""
    return sha256(canonical(event)).digest()


def encode(value: Mapping[str, Any]) -> bytes:
    """JSON of an event's data or metadata.

    Raises:
        InvalidEvent: for what some reader could not read back just as it is: a float, an integer
            beyond ±2⁵³, a NUL or a lone surrogate, more than 8 levels, more than 64 kB.
    """
    if not isinstance(value, dict):
        raise InvalidEvent(f"data and metadata are objects, not {type(value).__name__}")
    _check(value, MAX_DEPTH)
    try:
        text = orjson.dumps(value)
    except (TypeError, ValueError) as error:
        raise InvalidEvent(str(error)) from error
    if len(text) > MAX_BYTES:
        raise InvalidEvent(f"{len(text)} bytes; an event's data or metadata has at most 64 kB")
    return text


def _check(value: object, depth: int) -> None:
    """Refuse what JSON of this depth cannot keep; texts, by far the most of it, right here."""
    kind = type(value)
    if kind is dict:
        if not depth:
            raise InvalidEvent(f"more than {MAX_DEPTH} levels deep")
        for key, item in value.items():  # type: ignore[attr-defined]
            if type(key) is not str:
                raise InvalidEvent(f"keys are strings, not {type(key).__name__}")
            if "\0" in key:
                raise InvalidEvent(NUL)
            if type(item) is not str:
                _check(item, depth - 1)
            elif "\0" in item:
                raise InvalidEvent(NUL)
    elif kind is str:
        if "\0" in value:  # type: ignore[operator]
            raise InvalidEvent(NUL)
    elif kind is list or kind is tuple:
        if not depth:
            raise InvalidEvent(f"more than {MAX_DEPTH} levels deep")
        for item in value:  # type: ignore[attr-defined]
            _check(item, depth - 1)
    elif kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:  # type: ignore[operator]
            raise InvalidEvent("integers are within ±2⁵³; amounts are strings of digits")
    elif value is not None and kind is not bool:
        raise InvalidEvent(f"{kind.__name__} cannot be kept: strings, integers, true, false, null")
