"""Bodies of what is asked of webhooks."""

import re
from typing import Any

from django.conf import settings
from rest_framework import serializers

from commands.engine.fields import CodeField, FlagField
from commands.engine.shapes import StrictSerializer
from commands.webhooks.addresses import MAX_URL, URL, NotAllowed, check
from eventstore import openapi
from eventstore.openapi import Schema
from eventstore.registry import registered

MAX_POSITION = 2**63 - 1


class UrlField(serializers.Field):  # type: ignore[type-arg]
    """Where events are sent: an address that is public, as far as can be told now."""

    def schema(self) -> Schema:
        pattern = re.sub(r"\?P<\w+>", "", URL.pattern)
        bounds = {"pattern": f"^{pattern}$", "maxLength": MAX_URL}
        return {"type": "string", **bounds, "examples": ["https://example.com/hook"]}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("This must be a string.")
        try:
            check(data, settings.DAYBOOK_WEBHOOK_ALLOW)
        except NotAllowed as error:
            raise serializers.ValidationError(str(error)) from None
        return data


class TypesField(serializers.Field):  # type: ignore[type-arg]
    """Types of events; none are all of them."""

    def schema(self) -> Schema:
        return {**openapi.listing(openapi.one_of(*event_types())), "uniqueItems": True}

    def to_internal_value(self, data: Any) -> list[str]:
        if not isinstance(data, list):
            raise serializers.ValidationError("This must be a list of types of events.")
        known = event_types()
        wrong = {
            str(index): ["There is no such type of event."]
            for index, each in enumerate(data)
            if each not in known
        }
        if wrong:
            raise serializers.ValidationError(wrong)
        if len(set(data)) < len(data):
            raise serializers.ValidationError("A type stands there twice.")
        return sorted(data)


class PrefixField(CodeField):
    """The code of an account, for it and all that go on after a colon; empty for all events."""

    def schema(self) -> Schema:
        code = super().schema()
        return {**code, "pattern": f"^({code['pattern'][1:-1]})?$"}

    def to_internal_value(self, data: Any) -> str:
        return "" if data == "" else super().to_internal_value(data)


class PositionField(serializers.Field):  # type: ignore[type-arg]
    """A position of the log; 0 is before the first event."""

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": 0, "maximum": MAX_POSITION, "examples": [0]}

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int) or not 0 <= data <= MAX_POSITION:
            raise serializers.ValidationError("This must be a position of the log.")
        return data


class CreateWebhookShape(StrictSerializer):
    url = UrlField()
    types = TypesField(required=False)
    prefix = PrefixField(required=False)


class ChangeWebhookShape(StrictSerializer):
    may_be_empty = False
    url = UrlField(required=False)
    types = TypesField(required=False)
    prefix = PrefixField(required=False)
    active = FlagField(required=False)


class ReplayWebhookShape(StrictSerializer):
    after = PositionField()


def event_types() -> list[str]:
    """The types of all events there can be."""
    return sorted({entry.name for entry in registered()})
