"""A field takes what its schema calls valid, and refuses what its schema calls invalid."""

import pytest
from rest_framework.exceptions import ValidationError

from commands.engine import fields, shapes
from commands.engine.errors import Malformed
from commands.ledger import serializers
from tests.examples import contract

VALUES = [
    None, True, False, 0, 1, -1, 10**38 - 1, 10**38, 1.5, "", " ", "\t\n", "a", "a b", "ä", "\n",
    "0", "1", "01", "-1", "1.0", "1e3", "+1", "１", "9" * 38, "9" * 39, "1\n", "a\n", "a\0",
    "a\x7f", "a\u202eb", "a\u200f", "\u2003", "a:b", "a::b", ":a", "a:", "A", "-a", "a_.-b",
    "a" * 200, "a" * 201, "x" * 5, "x" * 6, "credit", "Credit", "EUR", "eur", "XXZ", "2026-01-31",
    "2026-02-30", "2026-1-31", "20260131", "2026-01-31T00:00:00Z",
    "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60",
    "0199A0C4-7D5E-7C3B-9A51-3F4B8F1D2C60", "0199a0c47d5e7c3b9a513f4b8f1d2c60",
    "{0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60}", [], ["a"], {}, {"a": "b"}, {"a": 1}, {"a\0": "b"},
    {"": ""}, {"a": "\x01"}, {str(n): "" for n in range(50)}, {str(n): "" for n in range(51)},
]  # fmt: skip
FIELDS = [
    fields.AmountField(),
    fields.LimitField(),
    fields.TextField(max_length=5),
    fields.TextField(max_length=5, allow_blank=False),
    fields.CodeField(),
    fields.DateField(),
    fields.UUIDField(),
    fields.UUIDField(allow_null=True),
    fields.ChoiceField(("credit", "debit")),
    fields.ChoiceField(lambda: {"credit": 1}),
    fields.FlagField(),
    fields.ObjectField(),
    fields.KeyField(),
    fields.MetadataField(),
    serializers.CurrencyField(),
]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: type(field).__name__)
@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:40])
def test_a_field_and_its_schema_say_the_same(field, value):
    assert contract.validator(shapes.described(field)).is_valid(value) == takes(field, value)


def takes(field, value) -> bool:
    try:
        field.run_validation(value)
    except ValidationError:
        return False
    return True


LEG = {"account": "a", "direction": "debit", "amount": 1}
SHORT = {"from": "a", "to": "b", "amount": 1}


@pytest.mark.parametrize(
    ("shape", "bodies"),
    [
        (serializers.ChangeAccountDetailsShape, [{}, {"name": "A"}, {"owner": None}, {"x": 1}]),
        (
            serializers.ShortTransferShape,
            [SHORT, {**SHORT, "legs": []}, {"from": "a", "amount": 1}],
        ),
        (
            serializers.LegsTransferShape,
            [
                *({"legs": [LEG] * count} for count in (0, 1, 2, 100, 101)),
                *({"legs": legs} for legs in (None, {}, [LEG, 1], [LEG, {**LEG, "x": 1}])),
            ],
        ),
    ],
)
def test_a_body_and_its_schema_say_the_same(shape, bodies):
    for body in bodies:
        assert contract.validator(shape.component()).is_valid(body) == loads(shape, body), body


def loads(shape, body) -> bool:
    try:
        shape.load(body)
    except Malformed:
        return False
    return True
