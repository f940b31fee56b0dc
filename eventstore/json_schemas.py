"""What the data of an event looks like, as JSON Schema (draft 2020-12) made from its class.

Members that have a default may be left out, and others may be added to a schema later: so a reader
passes over members that it does not know.
"""

import inspect
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from eventstore.openapi import AMOUNT
from eventstore.registry import EventType
from eventstore.values import UNCHANGED, Amount, Unchanged

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PLAIN: Mapping[type, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    UUID: {"type": "string", "format": "uuid"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
}


def file_name(type_: str, schema: int) -> str:
    """Where the schema of a type of event stands, among those of all others."""
    return f"{type_}.{schema}.json"


def json_schema(entry: EventType) -> Schema:
    """The schema of what this type of event has as its `data` now."""
    return {
        "$schema": DIALECT,
        "$id": file_name(entry.name, entry.schema),
        "title": entry.name,
        "description": inspect.getdoc(entry.cls),
        **_object(entry.cls),
    }


def _object(cls: type) -> Schema:
    hints = get_type_hints(cls, include_extras=True)
    members = fields(cls)
    return {
        "type": "object",
        "properties": {each.name: _of(hints[each.name]) | _otherwise(each) for each in members},
        "required": [each.name for each in members if _is_required(each)],
    }


def _of(hint: Any) -> Schema:
    """How a value of this type stands in the log."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint == Amount:
        return {name: AMOUNT[name] for name in ("type", "pattern", "description")}
    if origin in (Union, UnionType):
        return _one_of(arguments)
    if origin is Literal:
        return {"type": "string", "enum": sorted(arguments)}
    if origin is tuple:
        return {"type": "array", "items": _of(arguments[0])}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _of(arguments[1])}
    return _object(hint) if is_dataclass(hint) else dict(PLAIN[hint])  # type: ignore[arg-type]


def _one_of(hints: tuple[Any, ...]) -> Schema:
    """A value of the one type that is said, or null where that is said too."""
    (hint,) = [each for each in hints if each not in (NoneType, Unchanged)]
    found = _of(hint)
    if NoneType not in hints:
        return found
    if "enum" in found:
        found["enum"].append(None)
    return {**found, "type": [found["type"], "null"]}


def _is_required(member: "Field[Any]") -> bool:
    return member.default is MISSING and member.default_factory is MISSING


def _otherwise(member: "Field[Any]") -> Schema:
    """What a member is where it is left out."""
    if member.default_factory is not MISSING:
        return {"default": member.default_factory()}
    return {} if member.default in (MISSING, UNCHANGED) else {"default": member.default}
