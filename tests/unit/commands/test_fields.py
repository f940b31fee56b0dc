"""Strict fields: one right form each, and a pointer to whatever has another."""

from datetime import date
from uuid import UUID

import pytest

from commands.engine import fields, shapes
from commands.engine.errors import Malformed


class Part(shapes.StrictSerializer):
    amount = fields.AmountField()
    note = fields.TextField(max_length=5, required=False)


class Body(shapes.StrictSerializer):
    amount = fields.AmountField(required=False)
    limit = fields.LimitField(required=False)
    code = fields.CodeField(required=False)
    name = fields.TextField(max_length=10, allow_blank=False, required=False)
    day = fields.DateField(required=False)
    id = fields.UUIDField(required=False)
    side = fields.ChoiceField(("debit", "credit"), required=False)
    metadata = fields.MetadataField(required=False)
    parts = Part(many=True, required=False)


def pointers(data: object) -> list[str]:
    with pytest.raises(Malformed) as caught:
        Body.load(data)
    return [pointer for pointer, _ in caught.value.errors]


NOT_NUMBERS = [True, False, 1.0, 1.5, [], {}, [1], {"amount": 1}]
NOT_DIGITS = ["", " ", "1 ", " 1", "1\n", "1.0", "1e3", "+1", "-1", "1_000", "1,000", "007", "00"]
NOT_ASCII = ["１", "٣", "²", "Ⅷ", "1\u200b", "0x1", "ten", "NaN", "1\0"]
TOO_LONG = [
    *["1" * 39, 10**38, -(10**38)],
    pytest.param(10**5000, id="5001 digits"),
    pytest.param("9" * 100_000, id="100000 digits"),
]


@pytest.mark.parametrize("amount", [1, "1", 500, 10**38 - 1, "9" * 38, 2**63])
def test_it_takes_an_amount_as_integer_or_digits(amount):
    loaded = Body.load({"amount": amount})["amount"]
    assert (type(loaded), loaded) == (int, int(amount))


@pytest.mark.parametrize(
    "amount", [0, "0", -1, None, *NOT_NUMBERS, *NOT_DIGITS, *NOT_ASCII, *TOO_LONG]
)
def test_it_refuses_any_other_amount(amount):
    assert pointers({"amount": amount}) == ["/amount"]


@pytest.mark.parametrize(("limit", "is_"), [(0, 0), ("0", 0), ("500", 500), (None, None)])
def test_it_takes_a_limit_of_zero_or_none(limit, is_):
    assert Body.load({"limit": limit}) == {"limit": is_}


@pytest.mark.parametrize("limit", [-1, *NOT_NUMBERS, *NOT_DIGITS, *NOT_ASCII, *TOO_LONG])
def test_it_refuses_any_other_limit(limit):
    assert pointers({"limit": limit}) == ["/limit"]


@pytest.mark.parametrize("code", ["a", "0", "customers:1787:main", "a_b.c-d:0.x", "a" * 200])
def test_it_takes_a_code(code):
    assert Body.load({"code": code}) == {"code": code}


@pytest.mark.parametrize(
    "code",
    [
        *["", " ", "A", "Ann", "é", "a b", "a/b", "a%b", "a\n", "\na", "a\0", "１", "a" * 201],
        *[":", ":a", "a:", "a::b", "_a", ".a", "-a", "a:_b", "a:-b", "a:.b", "../a"],
        *[1, None, True, ["a"], {"code": "a"}],
    ],
)
def test_it_refuses_any_other_code(code):
    assert pointers({"code": code}) == ["/code"]


@pytest.mark.parametrize("name", ["Ann", "Zoë 😀", "a\nb", "a\tb", "x" * 10])
def test_it_takes_a_text_as_it_is(name):
    assert Body.load({"name": name}) == {"name": name}


@pytest.mark.parametrize(
    "name",
    [
        *["", " ", "\n", "x" * 11, "a\0", "a\r\nb", "\x1b[0m", "\x7f", "a\u202eb", "\u2067a"],
        *["a\u061cb", "\ud800", 1, 1.5, True, None, [], {}, ["Ann"]],
    ],
)
def test_it_refuses_any_other_text(name):
    assert pointers({"name": name}) == ["/name"]


def test_it_takes_a_date():
    assert Body.load({"day": "2024-02-29"}) == {"day": date(2024, 2, 29)}


@pytest.mark.parametrize(
    "day",
    [
        *["", "2023-02-29", "2024-13-01", "0000-01-01", "2024-1-1", "20240229", "2024-W09-4"],
        *["2024-02-29T00:00:00Z", "2024-02-29 ", "２024-02-29", "29.02.2024", "today"],
        *[20240229, 0, None, True, [], {}, 1709164800.0],
    ],
)
def test_it_refuses_any_other_date(day):
    assert pointers({"day": day}) == ["/day"]


def test_it_takes_a_uuid():
    text = "018F3C6E-0000-7000-8000-000000000001"
    assert Body.load({"id": text}) == {"id": UUID(text)}


@pytest.mark.parametrize(
    "id_",
    [
        *["", "018f3c6e000070008000000000000001", "{018f3c6e-0000-7000-8000-000000000001}"],
        *["urn:uuid:018f3c6e-0000-7000-8000-000000000001", "018f3c6e-0000-7000-8000-00000000000g"],
        *["018f3c6e-0000-7000-8000-000000000001\n", 1, None, True, [], {}],
    ],
)
def test_it_refuses_any_other_uuid(id_):
    assert pointers({"id": id_}) == ["/id"]


@pytest.mark.parametrize("side", ["", "Debit", "debit ", "both", 1, None, True, ["debit"], {}])
def test_it_refuses_a_word_that_is_no_choice(side):
    assert pointers({"side": side}) == ["/side"]


def test_it_takes_flat_metadata():
    metadata = {f"key-{number}": "x" * 100 for number in range(50)}
    assert Body.load({"metadata": metadata}) == {"metadata": metadata}


@pytest.mark.parametrize(
    ("metadata", "pointer"),
    [
        *[(value, "/metadata") for value in (None, 1, True, "a", [], ["a"])],
        ({str(number): "" for number in range(51)}, "/metadata"),
        ({"a": "x" * 8192}, "/metadata"),
        ({"a": "é" * 4096}, "/metadata"),
        ({"a": 1}, "/metadata/a"),
        ({"a": None}, "/metadata/a"),
        ({"a": {"b": "c"}}, "/metadata/a"),
        ({"a/b": ["c"]}, "/metadata/a~1b"),
        ({"a": "b\u202ec"}, "/metadata/a"),
        ({"a": "\ud800"}, "/metadata/a"),
        ({"a\0": "b"}, "/metadata"),
    ],
)
def test_it_refuses_any_other_metadata(metadata, pointer):
    assert pointers({"metadata": metadata}) == [pointer]


def test_it_points_at_each_thing_that_is_wrong():
    parts = [{"amount": 1}, {"amount": "1.0", "note": "too long"}, {}, 7]
    assert pointers({"amount": 0, "code": "A", "parts": parts}) == [
        "/amount",
        "/code",
        "/parts/1/amount",
        "/parts/1/note",
        "/parts/2/amount",
        "/parts/3",
    ]


@pytest.mark.parametrize("parts", [{}, "a", 1, None, True, {"0": {"amount": 1}}])
def test_it_refuses_what_is_no_list(parts):
    assert pointers({"parts": parts}) == ["/parts"]


def test_it_refuses_keys_that_nobody_knows():
    assert pointers({"amount": 1, "Amount": 1, "x/y": 2}) == ["/Amount", "/x~1y"]
    assert pointers({"parts": [{"amount": 1, "legs": 1}]}) == ["/parts/0/legs"]


@pytest.mark.parametrize("data", [None, [], "a", 1, True])
def test_it_refuses_a_body_that_is_no_object(data):
    assert pointers(data) == [""]
