"""Bodies: every key of them is known, and whatever is wrong is pointed at."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.utils.translation import override
from rest_framework import serializers
from rest_framework.settings import api_settings

from commands.engine.errors import Malformed
from commands.engine.parsing import escaped
from commands.engine.spoken import saying
from eventstore import openapi
from eventstore.openapi import Schema

MAX_ERRORS = 50
NOTHING = saying("Give at least one of {names}.")


class StrictSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A body in which every key is known; `Shape` at the end of its name is left out elsewhere."""

    may_be_empty = True
    """Whether a body without any key says something, where none is required."""

    @classmethod
    def component(cls) -> Schema:
        """A reference to the JSON Schema of what `load` takes."""
        fields = _shape(cls).fields
        optional = [name for name, each in fields.items() if not each.required]
        found = openapi.closed(
            {name: described(each) for name, each in fields.items()}, optional=optional
        )
        if not cls.may_be_empty:
            found["minProperties"] = 1
        return openapi.component(cls.__name__.removesuffix("Shape"), found)

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> dict[str, Any]:
        """The checked body.

        Raises:
            Malformed: with a pointer to each thing that is wrong, up to 50 of them.
        """
        try:
            return dict(_shape(cls).run_validation(data))
        except serializers.ValidationError:
            raise Malformed(_wrong(cls, data)[:MAX_ERRORS]) from None

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError({"": ["This must be an object."]})
        unknown = {key: ["There is no such key."] for key in data if key not in self.fields}
        if unknown:
            raise serializers.ValidationError(unknown)
        if not (data or self.may_be_empty):
            said = NOTHING.format(names=", ".join(self.fields))
            raise serializers.ValidationError({"": [said]})
        return super().to_internal_value(data)


@cache
def _shape(cls: type[StrictSerializer]) -> StrictSerializer:
    """The one instance that checks all bodies: copying its fields costs more than the check."""
    return cls()


def described(of: Any) -> Schema:
    """The JSON Schema of a field, or of a list of bodies within a body."""
    if isinstance(of, serializers.ListSerializer):
        lengths = {"minItems": of.min_length, "maxItems": of.max_length}  # type: ignore[attr-defined]
        return {**openapi.listing(of.child.component()), **lengths}  # type: ignore[union-attr]
    found: Schema = of.schema()
    if of.allow_null:
        types = found["type"] if isinstance(found["type"], list) else [found["type"]]
        found = {**found, "type": [*types, "null"]}
    return found


def _wrong(cls: type[StrictSerializer], data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with a body, in English: the framework would say it in the page's language."""
    try:
        with override("en"):
            _shape(cls).run_validation(data)
    except serializers.ValidationError as error:
        return _flat(error.detail, "")
    return []


def _flat(errors: Any, pointer: str) -> list[tuple[str, str]]:
    """DRF's nested errors as pointers and sentences."""
    if isinstance(errors, dict):
        own = ("", api_settings.NON_FIELD_ERRORS_KEY)
        steps = [
            ("" if key in own else f"/{escaped(str(key))}", item) for key, item in errors.items()
        ]
    elif isinstance(errors, list) and any(isinstance(item, dict | list) for item in errors):
        steps = [(f"/{index}", item) for index, item in enumerate(errors)]
    else:
        items = errors if isinstance(errors, list) else [errors]
        return [(pointer, str(item)) for item in items]
    return [pair for step, item in steps if item for pair in _flat(item, pointer + step)]
