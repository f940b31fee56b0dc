"""The body of a write: one JSON object, read in the only way it can be read, or refused."""

import json
import time

import pytest

from commands.engine.errors import Malformed
from commands.engine.parsing import MAX_BYTES, parse


def refusal(body: bytes) -> tuple[str, str]:
    with pytest.raises(Malformed) as caught:
        parse(body)
    ((pointer, detail),) = caught.value.errors
    return pointer, detail


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b' {"a": 1}\n',
        b'{"amount": %d}' % (10**38 - 1),
        b'{"amount": -%d}' % (10**38 - 1),
        '{"name": "Zoë Ångström 東京 😀"}'.encode(),
        b'{"name": "two\\nlines and\\ta tab"}',
        b'{"name": "\\ud83d\\ude00"}',
        b'{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}], "c": [true, false, null]}',
        nested(32),
    ],
)
def test_it_reads_what_is_plain(body):
    assert parse(body) == json.loads(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b"1",
        b'"text"',
        b"true",
        b"{",
        b'{"a": 1',
        b'{"a": 1}}',
        b'{"a": 1} {"b": 2}',
        b'{"a": 1,}',
        b"{'a': 1}",
        b"{a: 1}",
        b'{"a": 01}',
        b'{"a": +1}',
        b'{"a": 0x10}',
        b'{"a": .5}',
        b'{"a": 1} // why',
        b'{"a": "tab\there"}',
        b'{"a": "\\x41"}',
        b"a=1&b=2",
        b"<a>1</a>",
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "\xc0\x80"}',
        '{"a": 1}'.encode("utf-16"),
        '{"a": 1}'.encode("utf-32"),
        b"\0",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_it_refuses_what_is_not_one_json_object(body):
    pointer, _ = refusal(body)
    assert pointer == ""


@pytest.mark.parametrize("number", ["1.0", "0.1", "-1.5", "1e3", "1E-2", "1e100000"])
def test_it_refuses_floats_at_their_place(number):
    pointer, detail = refusal(f'{{"legs": [{{"amount": 1}}, {{"amount": {number}}}]}}'.encode())
    assert pointer == "/legs/1/amount"
    assert number in detail


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_it_refuses_what_json_has_no_number_for(number):
    assert refusal(f'{{"amount": {number}}}'.encode())[0] == "/amount"


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("digits", [39, 5_000, 500_000])
def test_it_refuses_more_than_38_digits_without_reading_them(digits, sign):
    pointer, detail = refusal(f'{{"amount": {sign}{"9" * digits}}}'.encode())
    assert (pointer, "38 digits" in detail) == ("/amount", True)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"amount": 1, "amount": 1}', "/amount"),
        (b'{"amount": 1, "\\u0061mount": 2}', "/amount"),
        (b'{"legs": [{}, {"amount": 1, "amount": 2}]}', "/legs/1/amount"),
        (b'{"metadata": {"a/b": "", "c": "", "a/b": ""}}', "/metadata/a~1b"),
    ],
)
def test_it_refuses_a_key_that_stands_twice(body, pointer):
    assert refusal(body)[0] == pointer


def test_it_finds_a_double_key_among_a_hundred_thousand_at_once():
    keys = [f'"{number:x}":0' for number in range(100_000)]
    body = "{" + ",".join([*keys, keys[-1]]) + "}"
    started = time.process_time()
    assert refusal(body.encode())[0] == f"/{99_999:x}"
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "text",
    [
        "\\u0000",
        "a\\u0000b",
        "\\u0007",
        "\\r",
        "\\u001b[31m",
        "\\u007f",
        "\\u0085",
        "\u061c",
        "\u200e",
        "\u200f",
        "\u202e",
        "\u2066",
        "\u2069",
        "\\ud800",
        "\\udc00\\ud800",
    ],
)
def test_it_refuses_characters_that_deceive_or_cannot_be_stored(text):
    assert refusal(f'{{"metadata": {{"note": "{text}"}}}}'.encode())[0] == "/metadata/note"
    assert refusal(f'{{"metadata": {{"{text}": "note"}}}}'.encode())[0] == "/metadata"


@pytest.mark.parametrize("body", [nested(33), nested(900), b'{"a":' + b"[" * 32 + b"]" * 32 + b"}"])
def test_it_refuses_more_than_32_levels(body):
    assert "32 levels" in refusal(body)[1]


def test_it_refuses_more_than_one_mebibyte_as_too_large():
    with pytest.raises(Malformed) as caught:
        parse(b'{"a": "' + b"x" * MAX_BYTES + b'"}')
    assert caught.value.status == 413
