"""The log's schema as a file: `python -m tests.event_schemas` adds what is new to it."""

import json
import os
import sys
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from eventstore.registry import Amount, EventType, registered

FILE = Path(__file__).with_name("event_schemas.json")
GOLDEN = Path(__file__).with_name("golden")


def current() -> dict[str, Any]:
    """What the code writes to the log now, by `type.schema`."""
    return {f"{entry.name}.{entry.schema}": described(entry.cls) for entry in ours()}


def ours() -> list[EventType]:
    """The product's event types, without those that tests register."""
    return [each for each in registered() if each.cls.__module__.startswith("eventstore.events.")]


def committed() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def described(cls: type) -> dict[str, Any]:
    """Each field with its stored type; one with a default may be missing in the log."""
    hints = get_type_hints(cls, include_extras=True)
    return {
        each.name: {
            "type": _type(hints[each.name]),
            **({} if _is_required(each) else {"default": _default(each)}),
        }
        for each in fields(cls)
    }


def _is_required(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _default(field: Any) -> Any:
    return field.default_factory() if field.default is MISSING else field.default


def _type(hint: Any) -> Any:
    """A type by the name it has for whoever reads the log, not for whoever imports it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint == Amount:
        return "digits"
    if origin in (Union, UnionType):
        return [_type(each) for each in arguments]
    if origin is Literal:
        return {"one of": sorted(arguments)}
    if origin is not None:
        return {origin.__name__: [_type(each) for each in arguments if each is not Ellipsis]}
    if is_dataclass(hint):
        return {"object": described(hint)}  # type: ignore[arg-type]
    return "null" if hint is type(None) else hint.__name__


def main() -> None:
    """Add new (type, schema) pairs to the file; what stands there already stays as it is."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    known = committed() if FILE.exists() else {}
    new = {name: schema for name, schema in current().items() if name not in known}
    text = json.dumps(known | new, indent=2, sort_keys=True)
    FILE.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write("".join(f"added {name}\n" for name in new) or "nothing new\n")


if __name__ == "__main__":
    main()
