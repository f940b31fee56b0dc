"""Strict fields: what is not written in the one right form is refused, with a pointer to it."""

import re
from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import Any, NoReturn
from uuid import UUID

from rest_framework import serializers

from commands.engine.parsing import MAX_DIGITS, UNFIT, unfit
from commands.engine.spoken import saying
from eventstore import openapi
from eventstore.converters import CODE, CODE_SCHEMA, MAX_CODE
from eventstore.http import NO_INSTANT, instant
from eventstore.openapi import Schema

MAX_METADATA_BYTES = 8 * 1024
MAX_METADATA_KEYS = 50
DECEIVING = "Control characters and direction marks are refused."
FIT = f"^[^{UNFIT}]*$"
FIT_AND_NOT_BLANK = f"^[^{UNFIT}]*[^{UNFIT}\\s][^{UNFIT}]*$"
KEY = "^[!-~]{1,255}$"
TOO_LONG = saying("This may have at most {most} characters.")
NO_CHOICE = saying("This must be one of: {choices}.")
NO_KEY = "An idempotency key has 1 to 255 visible ASCII characters."


def is_key(text: str) -> bool:
    """Whether an idempotency key may look like this."""
    return re.fullmatch(KEY, text, re.ASCII) is not None


class _Field(serializers.Field):  # type: ignore[type-arg]
    def to_representation(self, value: Any) -> Any:
        return value

    def schema(self) -> Schema:
        """The JSON Schema of what this field takes, but for null."""
        raise NotImplementedError

    def refuse(self, sentence: str) -> NoReturn:
        raise serializers.ValidationError(sentence)


class AmountField(_Field):
    """A positive integer in minor units: a JSON integer or a string of ASCII digits."""

    least = 1
    pattern = "^[1-9][0-9]{0,37}$"
    sentence = "An amount is a positive integer in minor units, at most 38 digits."

    def schema(self) -> Schema:
        return {
            "type": ["integer", "string"],
            "minimum": self.least,
            "maximum": 10**MAX_DIGITS - 1,
            "pattern": self.pattern,
            "description": self.sentence,
        }

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int | str):
            self.refuse(self.sentence)
        if isinstance(data, str) and not re.fullmatch(r"0|[1-9][0-9]{0,37}", data, re.ASCII):
            self.refuse(self.sentence)
        amount = int(data)
        if not self.least <= amount < 10**MAX_DIGITS:
            self.refuse(self.sentence)
        return amount


class LimitField(AmountField):
    """An overdraft limit in minor units: zero or more; null is unlimited."""

    least = 0
    pattern = "^(0|[1-9][0-9]{0,37})$"
    sentence = "A limit is an integer in minor units, zero or more, at most 38 digits; or null."

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, **options)


class NumberField(_Field):
    """A JSON integer, one or more."""

    sentence = saying("This must be a whole number, 1 to {most}.")

    def __init__(self, *, most: int, **options: Any) -> None:
        super().__init__(**options)
        self.most = most

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": 1, "maximum": self.most}

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int) or not 1 <= data <= self.most:
            self.refuse(self.sentence.format(most=self.most))
        return int(data)


class SecondsField(NumberField):
    """A span of time: a JSON integer of seconds, one or more."""

    sentence = saying("This must be a whole number of seconds, 1 to {most}.")


class TextField(_Field):
    """A text without control characters or direction marks; a line feed or tab may be in it."""

    def __init__(self, *, max_length: int, allow_blank: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.max_length, self.allow_blank = max_length, allow_blank

    def schema(self) -> Schema:
        fit = FIT if self.allow_blank else FIT_AND_NOT_BLANK
        return {"type": "string", "maxLength": self.max_length, "pattern": fit}

    def to_internal_value(self, data: Any) -> str:
        if said := _no_text(data):
            self.refuse(said)
        if len(data) > self.max_length:
            self.refuse(TOO_LONG.format(most=self.max_length))
        if not data.strip() and not self.allow_blank:
            self.refuse("This must not be empty.")
        return str(data)


class CodeField(_Field):
    """An account's code, such as `customers:1787:main`."""

    def schema(self) -> Schema:
        return CODE_SCHEMA

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or len(data) > MAX_CODE or not CODE.fullmatch(data):
            self.refuse(
                f"A code has at most {MAX_CODE} of a-z, 0-9, _ . - in parts divided by colons, "
                "each part beginning with a letter or digit."
            )
        return str(data)


class DateField(_Field):
    """A date as `2026-01-31`."""

    def schema(self) -> Schema:
        return openapi.DATE

    def to_internal_value(self, data: Any) -> date:
        if isinstance(data, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", data, re.ASCII):
            try:
                return date.fromisoformat(data)
            except ValueError:
                pass
        raise serializers.ValidationError("This must be a date like 2026-01-31.")


class TimeField(_Field):
    """A point in time as `2026-01-31T12:00:00Z`."""

    def schema(self) -> Schema:
        return openapi.TIME

    def to_internal_value(self, data: Any) -> datetime:
        found = instant(data) if isinstance(data, str) else None
        if found is None:
            raise serializers.ValidationError(NO_INSTANT)
        return found


class UUIDField(_Field):
    """A UUID in its usual form, with hyphens."""

    def schema(self) -> Schema:
        return openapi.UUID

    def to_internal_value(self, data: Any) -> UUID:
        if isinstance(data, str) and re.fullmatch(
            r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", data
        ):
            return UUID(data)
        raise serializers.ValidationError("This must be a UUID.")


class ChoiceField(_Field):
    """One of a few words, which may be known only by the time a body is read."""

    def __init__(
        self, choices: tuple[str, ...] | Callable[[], Collection[str]], **options: Any
    ) -> None:
        super().__init__(**options)
        self._choices = choices

    @property
    def choices(self) -> Collection[str]:
        return self._choices() if callable(self._choices) else self._choices

    def schema(self) -> Schema:
        return openapi.one_of(*self.choices)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choices:
            self.refuse(NO_CHOICE.format(choices=", ".join(self.choices)))
        return str(data)


class FlagField(_Field):
    """True or false, and nothing that only looks like it."""

    def schema(self) -> Schema:
        return {"type": "boolean"}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.refuse("This must be true or false.")
        return bool(data)


class ObjectField(_Field):
    """An object whose keys are somebody else's to check."""

    def schema(self) -> Schema:
        return {"type": "object"}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.refuse("This must be an object.")
        return dict(data)


class KeyField(_Field):
    """An idempotency key."""

    def schema(self) -> Schema:
        return {"type": "string", "pattern": KEY}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not is_key(data):
            self.refuse(NO_KEY)
        return str(data)


class MetadataField(_Field):
    """A flat object of at most 50 strings, 8 kB in all."""

    def schema(self) -> Schema:
        return {
            **openapi.METADATA,
            "maxProperties": MAX_METADATA_KEYS,
            "propertyNames": {"pattern": FIT},
            "additionalProperties": {"type": "string", "pattern": FIT},
        }

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, dict):
            self.refuse("This must be an object of strings.")
        if len(data) > MAX_METADATA_KEYS:
            self.refuse(f"This may have at most {MAX_METADATA_KEYS} keys.")
        if any(unfit(key) for key in data):
            self.refuse(DECEIVING)
        wrong = {key: [said] for key, value in data.items() if (said := _no_text(value))}
        if wrong:
            raise serializers.ValidationError(wrong)
        if sum(len(k.encode()) + len(v.encode()) for k, v in data.items()) > MAX_METADATA_BYTES:
            self.refuse("This is larger than 8 kB.")
        return dict(data)


def _no_text(data: Any) -> str | None:
    """What keeps a value from being a text; None when it is one."""
    if not isinstance(data, str):
        return "This must be a string."
    return DECEIVING if unfit(data) else None
