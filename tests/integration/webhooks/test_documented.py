"""The page on webhooks: its five lines of Python tell what is ours from what is not."""

import re
import time

from commands.webhooks.signing import new_secret, shown, signatures
from tests.tree import ROOT

TEXT = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
ID, BODY = "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60", '{"id": "ü"}'.encode()


def is_ours(secret, headers, body):
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names = {}
    exec(code, names)
    return names["is_ours"](secret, headers, body)


def headers(*keys, at=0):
    now = int(time.time()) + at
    return {
        "webhook-id": ID,
        "webhook-timestamp": str(now),
        "webhook-signature": signatures(keys, ID, now, BODY),
    }


def test_what_we_sent_is_ours_with_either_secret():
    one, two = new_secret(), new_secret()
    for secret in (one, two):
        assert is_ours(shown(secret), headers(one, two), BODY)


def test_nothing_else_is():
    secret = new_secret()
    signed = headers(secret)
    assert is_ours(shown(secret), signed, BODY)
    assert not is_ours(shown(new_secret()), signed, BODY)
    assert not is_ours(shown(secret), signed, BODY + b" ")
    assert not is_ours(shown(secret), signed | {"webhook-id": "another"}, BODY)
    assert not is_ours(shown(secret), headers(secret, at=-301), BODY)
    assert not is_ours(shown(secret), headers(secret, at=301), BODY)


def test_it_names_every_address_of_webhooks():
    from commands.webhooks.urls import routes

    for path, methods in routes.items():
        address = re.sub(r"<\w+:(\w+)>", r"{\1}", path)
        for method in methods:
            assert re.search(rf"{method} (/api/v1)?/{re.escape(address)}[ `]", TEXT), (method, path)
