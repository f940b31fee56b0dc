"""How operations and shapes describe themselves in OpenAPI 3.1; `config.openapi` joins them.

A shape carries its example with it: `examples` of its fields, composed by `example`.
"""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]

_components: dict[str, Schema] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What one method of one address takes and answers.

    `shows` is the schema of every success, `statuses` are those of it, and `also` are schemas of
    the same in other media. `errors` are what it may raise beyond what every operation may, as
    exceptions with example facts. A `body` has at least one example. One that `accepts` requests
    to be done later answers 202 with that.
    """

    id: str
    shows: Schema
    media: str = "application/json"
    also: Mapping[str, Schema] = field(default_factory=dict)
    summary: str = ""
    description: str = ""
    statuses: tuple[int, ...] = (200,)
    parameters: tuple[Schema, ...] = ()
    headers: tuple[str, ...] = ()
    body: Schema | None = None
    examples: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[Exception, ...] = ()
    accepts: Schema | None = None
    deprecated: bool = False


def component(name: str, schema: Schema) -> Schema:
    """Give a schema a name; what comes back refers to it.

    Raises:
        ValueError: another schema has this name.
    """
    if _components.setdefault(name, schema) != schema:
        raise ValueError(f"two schemas are called {name}")
    return reference(name)


def reference(name: str) -> Schema:
    """The component of this name, wherever it is described."""
    return {"$ref": f"#/components/schemas/{name}"}


def components() -> dict[str, Schema]:
    """Every named schema."""
    return dict(sorted(_components.items()))


def shape(name: str, sentence: str, /, **fields: Schema) -> Schema:
    """A named object that always has all of these fields, and no other."""
    return component(name, {"description": sentence, **closed(fields)})


def closed(fields: Mapping[str, Schema], *, optional: Iterable[str] = ()) -> Schema:
    """An object of these fields and no other."""
    return {
        "type": "object",
        "properties": dict(fields),
        "required": [name for name in fields if name not in set(optional)],
        "additionalProperties": False,
    }


def listing(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def one_of(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


def nullable(schema: Schema, *, example: Any = None) -> Schema:
    """The same, or null; the example is null unless one is given."""
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}], "examples": [example]}
    return {**schema, "type": [schema["type"], "null"], "examples": [example]}


def like(schema: Schema, example: Any, sentence: str = "") -> Schema:
    """The same with another example, and perhaps a description."""
    described = {"description": sentence} if sentence else {}
    return {**schema, **described, "examples": [example]}


def query(name: str, schema: Schema, sentence: str) -> Schema:
    """An optional parameter of the query."""
    return {"name": name, "in": "query", "description": sentence, "schema": schema}


def limit(most: int) -> Schema:
    """The parameter that bounds how much is answered at once."""
    bounds = {"type": "integer", "minimum": 1, "maximum": most, "default": 100}
    return query("limit", like(bounds, 20), "How many at most.")


def header(name: str, schema: Schema, sentence: str) -> Schema:
    """An optional header of the request."""
    return {**query(name, schema, sentence), "in": "header"}


def named(schema: Schema) -> str | None:
    """The name of the component a schema refers to."""
    reference = schema.get("$ref")
    return None if reference is None else str(reference).rpartition("/")[2]


def example(schema: Schema) -> Any:
    """An example made of those that the schema's parts carry."""
    if name := named(schema):
        return example(_components[name])
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if "items" in schema:
        return [example(schema["items"])]
    return {name: example(part) for name, part in schema["properties"].items()}


def sentences(of: type) -> tuple[str, str]:
    """A docstring's first sentence, and the rest of its first paragraph."""
    paragraph = " ".join((inspect.getdoc(of) or "").partition("\n\n")[0].split())
    first, point, rest = paragraph.partition(". ")
    return first + point.strip(), rest


UUID = {"type": "string", "format": "uuid", "examples": ["0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60"]}
DATE = {"type": "string", "format": "date", "examples": ["2026-11-23"]}
TIME = {
    "type": "string",
    "format": "date-time",
    "examples": ["2026-11-23T12:00:00.000000Z"],
}
TEXT = {"type": "string", "examples": [""]}
ANY_TEXT = {"type": "string", "pattern": r"^[^\u0000]*$"}
AMOUNT = {
    "type": "string",
    "pattern": "^(0|[1-9][0-9]*)$",
    "description": "Minor units of the currency, as a string of digits.",
    "examples": ["1250"],
}
SIGNED = {**AMOUNT, "pattern": "^(0|-?[1-9][0-9]*)$"}
POSITION = {
    "type": "integer",
    "minimum": 0,
    "description": "A place in the log of all events; 0 is before the first.",
    "examples": [812],
}
VERSION = {
    "type": "integer",
    "minimum": 1,
    "description": "How many events the stream had.",
    "examples": [17],
}
METADATA = {
    "type": "object",
    "additionalProperties": {"type": "string"},
    "description": "At most 50 strings, 8 kB in all.",
    "examples": [{"since": "2026"}],
}
