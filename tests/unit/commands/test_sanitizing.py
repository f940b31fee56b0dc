"""What is kept of what was sent: it can be stored, is short, and gives no secret away."""

import json

import pytest

from commands.engine.sanitizing import MOST, REMOVED, sanitized

TOKEN = "db_0a1b2c3d4e5f_5ecr3t-5ecr3t"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"", {}),
        ({}, {}),
        (b'{"a": [1, null, true, 1.5, "b"]}', {"a": [1, None, True, 1.5, "b"]}),
        (b'{"a": %s}' % (b"9" * 40), {"a": int("9" * 40)}),
        (b"null", {"text": "null"}),
        (b'"a"', {"text": '"a"'}),
        (b'{"a": 1e999}', {"text": '{"a": 1e999}'}),
        (b'{"a": %s}' % (b"9" * 5000), {"cut": '{"a": ' + "9" * (MOST - 6)}),
        (b'{"a": "%s"}' % (b"x" * MOST), {"cut": '{"a": "' + "x" * (MOST - 7)}),
        (b"[" * 100 + b"]" * 100, {"text": "[" * 100 + "]" * 100}),
        (b"[" * 50_000, {"cut": "[" * MOST}),
    ],
)
def test_it_says_what_was_sent(sent, kept):
    assert sanitized(sent) == kept


@pytest.mark.parametrize(
    "sent",
    [
        {"password": "5ecr3t"},
        {"new_PassWord2": {"is": ["5ecr3t"]}},
        {"a": [{"API-Key": "5ecr3t"}, {"credentials": "5ecr3t"}]},
        {"Authorization": "5ecr3t", "webhook_secret": "5ecr3t", "csrfToken": "5ecr3t"},
        {"note": f"<{TOKEN}>", TOKEN: 1},
        {"note": "bearer 5ecr3t"},
        {"note": "Authorization: Basic YW5uOjVlY3IzdA=="},
        {"note": "x" * (MOST - 10) + f" {TOKEN}"},
        [{"password": "5ecr3t"}, TOKEN],
        {"passwd": "5ecr3t", "pwd": "5ecr3t", "pin": "5ecr3t", "otp": "5ecr3t", "pass": "5ecr3t"},
        {"cookie": "sessionid=5ecr3t", "user_pin": "5ecr3t", "passphrase": "5ecr3t"},
        {"json": '{"password": "5ecr3t"}', "note": "hunter password=5ecr3t, and more"},
        [{"name": "password", "value": "5ecr3t"}],
        {"note": "https://user:5ecr3t@host/", "jwt?": "eyJ5ecr3t.5ecr3t.5ecr3t"},
        {"note": "eyJhbGciOiJ.5ecr3t.x", "pass\u200bword": "5ecr3t", "pass\0word": "5ecr3t"},
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("cut", [None, -1])
def test_it_gives_no_secret_away(sent, encoding, cut):
    kept = json.dumps(sanitized(json.dumps(sent).encode(encoding)[:cut]))
    assert "5ecr3t" not in kept
    assert "YW5u" not in kept


def test_a_form_that_came_as_another_kind_gives_none_away_either():
    assert sanitized(b"from=ann&password=5ecr3t&to=bob") == {"text": f"from=ann&password{REMOVED}"}


def test_what_only_sounds_like_a_secret_is_kept():
    said = {"passenger": "a", "author": "b", "opinion": "c", "shipping": "d", "account": "pin-1"}
    assert sanitized({**said, "author": "b"}) == {**said, "author": REMOVED}
    assert sanitized({"description": "passed on to Bob"}) == {"description": "passed on to Bob"}


def test_it_can_be_stored():
    kept = sanitized(b'{"\\u0000": "\\ud800 \\ud83d\\ude00"}')
    assert kept == {"\ufffd": "? \U0001f600"}
    json.dumps(kept, ensure_ascii=False).encode()
