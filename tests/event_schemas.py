"""The log's schema as a file: `python -m tests.event_schemas` adds what is new to it."""

import json
import os
import sys
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from eventstore.registry import EventType, registered
from eventstore.values import UNCHANGED, Amount, Unchanged

FILE = Path(__file__).with_name("event_schemas.json")

Schema = dict[str, str]
"""Field → how its value stands in the log, and after `=` what it is when it is left out."""


def ours() -> list[EventType]:
    """The product's event types, without those that tests register."""
    return [each for each in registered() if each.cls.__module__.startswith("eventstore.events.")]


def current() -> dict[str, Schema]:
    """What the code writes to the log now, by `type.schema`."""
    return {f"{entry.name}.{entry.schema}": described(entry.cls) for entry in ours()}


def committed() -> dict[str, Schema]:
    found: dict[str, Schema] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def described(cls: type) -> Schema:
    hints = get_type_hints(cls, include_extras=True)
    return {each.name: stored_as(hints[each.name]) + _otherwise(each) for each in fields(cls)}


def stored_as(hint: Any) -> str:
    """A type as whoever reads the log sees it, whatever its class is called."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint == Amount:
        return "digits"
    if hint == Unchanged:
        return "unchanged"
    if origin in (Union, UnionType):
        return " | ".join(map(stored_as, arguments))
    if origin is Literal:
        return " | ".join(sorted(map(repr, arguments)))
    if origin is not None:
        inner = [stored_as(each) for each in arguments if each is not Ellipsis]
        return f"{origin.__name__}[{', '.join(inner)}]"
    if is_dataclass(hint) and isinstance(hint, type):
        return "{" + ", ".join(f"{k}: {v}" for k, v in described(hint).items()) + "}"
    return "null" if hint is NoneType else str(hint.__name__)


def _otherwise(field: Field[Any]) -> str:
    if field.default_factory is not MISSING:
        return f" = {json.dumps(field.default_factory())}"
    if field.default is UNCHANGED:
        return " = unchanged"
    return "" if field.default is MISSING else f" = {json.dumps(field.default)}"


def broken(then: dict[str, Schema], now: dict[str, Schema]) -> list[str]:
    """What was written to the log as `then` says, and cannot be read as `now` says."""
    types = {name.rpartition(".")[0]: int(name.rpartition(".")[2]) for name in now}
    found = []
    for name, known in then.items():
        type_, _, schema = name.rpartition(".")
        if types.get(type_, 0) < int(schema):
            found.append(f"{name} is gone")
        elif name in now:
            found += [
                f"{name}: {field} was {known.get(field)!r}, is {now[name].get(field)!r}"
                for field in {**known, **now[name]}
                if known.get(field) != now[name].get(field)
                if field in known or " = " not in now[name][field]
            ]
    return found


def main() -> None:
    """Add new events, schemas and fields; what stands in the file stays as it is."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    known = committed() if FILE.exists() else {}
    merged = {**known, **{name: now | known.get(name, {}) for name, now in current().items()}}
    FILE.write_text(json.dumps(merged, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    sys.stdout.write("The schema is as it was.\n" if merged == known else f"See {FILE.name}.\n")


if __name__ == "__main__":
    main()
