"""Values: frozen dataclasses for events and states, how they are changed, written and read."""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from inspect import ismemberdescriptor
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID, SafeUUID

Amount = Annotated[int, "digits"]
"""Minor units, positive or zero, of any size; a string of digits in the log."""


class _Marker(Enum):
    UNCHANGED = "unchanged"


Unchanged = Literal[_Marker.UNCHANGED]
UNCHANGED: Unchanged = _Marker.UNCHANGED
"""The default of a field that an event may leave out where None would be a value."""

Function = Callable[[Any], Any]
Codec = tuple[Function, Function]
V = TypeVar("V")


def codec(cls: type) -> Codec:
    """How objects of a dataclass are written as JSON's values, and read back.

    Members at their default are not written. Both functions are written for the class once, as
    `dataclasses` writes its `__init__`: a loop over members would be paid for with every event.
    """
    hints = get_type_hints(cls, include_extras=True)
    known: dict[str, Any] = {}
    write = ["def write(value):", "    out = {}"]
    for member in fields(cls):
        name = member.name
        known |= dict(zip((f"write_{name}", f"read_{name}"), _codec(hints[name]), strict=True))
        known |= {f"no_{name}": _default(member)}
        written = "member" if known[f"write_{name}"] is _same else f"write_{name}(member)"
        told = "" if known[f"no_{name}"] is MISSING else f"if member != no_{name}: "
        write += [f"    member = value.{name}", f"    {told}out['{name}'] = {written}"]
    source = [*write, "    return out", *_reading(cls, known)]
    exec("\n".join(source), known)  # noqa: S102  Made of the names of a class's own members.
    return known["write"], known["read"]


def _reading(cls: type, known: dict[str, Any]) -> list[str]:
    """The source of a codec's `read`, for which more names are added to those that are known.

    Members are set past the `__init__` of a frozen class, which costs three times as much.
    """
    names = [member.name for member in fields(cls)]
    known |= {"cls": cls, "new": cls.__new__, "names": frozenset(names)}
    lines = ["def read(data):", "    if not names.issuperset(data):"]
    lines += ["        raise TypeError(f'{cls.__name__} has no {set(data) - names}')"]
    lines += ["    value = new(cls)", "    try:"]
    for member in fields(cls):
        name = member.name
        known |= {f"set_{name}": _setter(cls, name), f"make_{name}": member.default_factory}
        reader = known[f"read_{name}"]
        said = f"data['{name}']" if reader is _same else f"read_{name}(data['{name}'])"
        if member.default_factory is not MISSING:
            said += f" if '{name}' in data else make_{name}()"
        elif member.default is not MISSING:
            said += f" if '{name}' in data else no_{name}"
        lines.append(f"        set_{name}(value, {said})")
    lines += ["    except KeyError as error:"]
    lines += ["        raise TypeError(f'{cls.__name__} lacks {error}') from error"]
    if hasattr(cls, "__post_init__"):
        lines.append("    value.__post_init__()")
    return [*lines, "    return value"]


def _setter(cls: type, name: str) -> Callable[[Any, Any], None]:
    """What sets a member of an object that is being made, frozen or not."""
    member = getattr(cls, name, None)
    if ismemberdescriptor(member):
        return member.__set__
    return lambda value, said: object.__setattr__(value, name, said)


def told(said: Any) -> dict[str, Any]:
    """What a dataclass says, without the fields it leaves unchanged."""
    found = {each.name: getattr(said, each.name) for each in fields(said)}
    return {name: value for name, value in found.items() if value is not UNCHANGED}


def changed(value: V, **members: Any) -> V:
    """The same value but for these members: `dataclasses.replace` at a third of its price."""
    names = value.__dataclass_fields__  # type: ignore[attr-defined]
    kept = {name: getattr(value, name) for name in names}
    return type(value)(**kept | members)


def _default(member: "Field[Any]") -> Any:
    return member.default if member.default_factory is MISSING else member.default_factory()


def _same(value: Any) -> Any:
    return value


_date = lru_cache(maxsize=1_000)(date.fromisoformat)
_set_int, _set_safe = (vars(UUID)[name].__set__ for name in ("int", "is_safe"))


@lru_cache(maxsize=1_000)
def _uuid(text: str) -> UUID:
    """What `UUID(text)` is, at a third of its price, if it is written as UUIDs always are.

    The events of a transfer name it one after the other, and the same day comes again and again.
    """
    digits = text.replace("-", "")
    if len(digits) != 32:
        return UUID(text)
    value = UUID.__new__(UUID)
    _set_int(value, int(digits, 16))
    _set_safe(value, SafeUUID.unknown)
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
    if origin is Mapping and arguments != (str, str):
        return _mapping_codec(*map(_codec, arguments))
    if hint is UUID:
        return str, _uuid
    if hint is date:
        return date.isoformat, _date
    if hint is datetime:
        return datetime.isoformat, datetime.fromisoformat
    if is_dataclass(hint):
        return codec(hint)  # type: ignore[arg-type]
    return _same, _same


def _mapping_codec(key: Codec, value: Codec) -> Codec:
    return (
        lambda v: {key[0](k): value[0](item) for k, item in v.items()},
        lambda v: {key[1](k): value[1](item) for k, item in v.items()},
    )


def _optional_codec(arguments: tuple[Any, ...]) -> Codec:
    (hint,) = [a for a in arguments if a not in (types.NoneType, Unchanged)]
    write, read = _codec(hint)
    if write is _same:
        return _same, _same
    return (
        lambda v: None if v is None else write(v),
        lambda v: None if v is None else read(v),
    )
