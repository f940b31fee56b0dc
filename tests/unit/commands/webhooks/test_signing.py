"""Signatures are those of Standard Webhooks, whose own library checks them."""

from base64 import b64decode
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from commands.webhooks.signing import new_secret, shown, signatures

BODY = '{"id": "ü"}'.encode()


def headers(*keys: bytes, body: bytes = BODY, at: float | None = None) -> dict[str, str]:
    now = int(at or datetime.now(UTC).timestamp())
    signed = signatures(keys, "msg_1", now, body)
    return {"webhook-id": "msg_1", "webhook-timestamp": str(now), "webhook-signature": signed}


def test_the_library_takes_ours():
    secret = new_secret()
    assert Webhook(shown(secret)).verify(BODY, headers(secret)) == {"id": "ü"}


def test_it_is_what_the_library_makes():
    secret, at = new_secret(), datetime.now(UTC)
    made = Webhook(shown(secret)).sign("msg_1", at, BODY.decode())
    assert signatures([secret], "msg_1", int(at.timestamp()), BODY) == made


def test_either_key_opens_what_two_have_signed():
    one, two = new_secret(), new_secret()
    signed = headers(one, two)
    assert len(signed["webhook-signature"].split(" ")) == 2
    for secret in (one, two):
        Webhook(shown(secret)).verify(BODY, signed)


@pytest.mark.parametrize("change", [{"webhook-id": "msg_2"}, {"webhook-timestamp": "1"}])
def test_nothing_of_it_can_be_changed(change):
    secret = new_secret()
    with pytest.raises(WebhookVerificationError):
        Webhook(shown(secret)).verify(BODY, headers(secret) | change)


def test_a_secret_is_32_bytes_and_never_the_same():
    secrets = {shown(new_secret()) for _ in range(100)}
    assert len(secrets) == 100
    assert {len(b64decode(each.removeprefix("whsec_"))) for each in secrets} == {32}
