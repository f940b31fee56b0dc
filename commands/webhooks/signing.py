"""Secrets and signatures as Standard Webhooks has them."""

import hmac
import secrets
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256

BYTES = 32
"""A secret's length."""


def new_secret() -> bytes:
    """A secret that nobody guesses."""
    return secrets.token_bytes(BYTES)


def shown(secret: bytes) -> str:
    """A secret as a receiver is given it."""
    return f"whsec_{b64encode(secret).decode()}"


def signatures(keys: Iterable[bytes], id_: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature` of a body sent at this second, with one part for each key."""
    signed = f"{id_}.{timestamp}.".encode() + body
    digests = (hmac.digest(key, signed, sha256) for key in keys)
    return " ".join(f"v1,{b64encode(each).decode()}" for each in digests)
