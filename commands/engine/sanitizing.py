"""What was sent, as it may be kept of a request that was never read: short, and without secrets."""

import json
import re
from collections.abc import Mapping
from typing import Any

from commands.engine.parsing import MAX_BYTES, MAX_DEPTH

MOST = 4_096
"""Characters that are kept; of more there is the beginning."""
REMOVED = "[removed]"

_NAMES = re.compile(
    r"pass(?:word|wd|phrase|code)?(?![a-z])|pwd|secret|token|auth|credential|cookie|session|jwt|otp"
    r"|(?<![a-z])pin(?![a-z])|(?:api|private|access)[_ -]?key|cvv|cvc",
    re.IGNORECASE,
)
"""In the name of a member whose value nobody else should read."""
_SECRETS = re.compile(
    r"db_[0-9a-z]+_[\w-]+|\bbearer\s+\S+|\bbasic\s+[\w+/=-]{12,}"
    r"|eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?|(?<=://)[^/\s@]+:[^/\s@]+(?=@)",
    re.IGNORECASE | re.ASCII,
)
"""Tokens, what else stands in an Authorization header, and what an address has of a password."""
_SAID = re.compile(
    rf"((?:{_NAMES.pattern})[\w-]*[\"']?\s*[:=]\s*)[\"']?[^\s\"'&,;}}]+", re.IGNORECASE
)
"""A secret that a text names: password=…, or "password": "…"."""
_UNSEEN = re.compile("[\0-\x1f\x7f\u200b-\u200f\u2060\ufeff]")
_LONGEST = 200
"""Characters beyond which no secret that is cut off would be recognised as one."""


def sanitized(sent: bytes | Mapping[str, Any]) -> dict[str, Any]:
    """An object that says what was sent.

    What is no JSON object is a text under `text`; of what is too long the beginning is under `cut`.
    """
    if not sent:
        return {}
    try:
        value = clean(_read(sent) if isinstance(sent, bytes) else sent)
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        assert isinstance(sent, bytes)
        value, text = None, _without_names(sent)
    if len(text) > MOST:
        return {"cut": text[:MOST]}
    return value if isinstance(value, dict) else {"text": text}


def clean(value: Any, depth: int = 1) -> Any:
    """A value of JSON without its secrets, and without characters that no database takes.

    Raises:
        ValueError: it is too deep.
    """
    if isinstance(value, str):
        return _clean_text(value)
    if not isinstance(value, Mapping | list):
        return value
    if depth > MAX_DEPTH:
        raise ValueError
    if isinstance(value, list):
        return [clean(each, depth + 1) for each in value]
    # A pair may be told as an object: {"name": "password", "value": "…"}.
    told = any(isinstance(each, str) and _names_secret(each) for each in value.values())
    return {
        _clean_text(name): REMOVED
        if _names_secret(name) or (told and name.lower() == "value")
        else clean(each, depth + 1)
        for name, each in value.items()
    }


def _names_secret(name: str) -> bool:
    """Whether a name speaks of a secret; what no eye would see in it does not hide it."""
    return len(name) < _LONGEST and bool(_NAMES.search(_UNSEEN.sub("", name)))


def _clean_text(text: str) -> str:
    storable = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    return _SAID.sub(rf"\g<1>{REMOVED}", _SECRETS.sub(REMOVED, storable))


def _read(body: bytes) -> Any:
    """The JSON of a body; an object that says something twice is none."""
    if len(body) > MAX_BYTES:
        raise ValueError
    return json.loads(body.decode(), object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _without_names(body: bytes) -> str:
    """The text of a body up to the first name of a secret: who knows where its value ends?"""
    # Another encoding may have a NUL beside each letter, and would hide a name.
    text = body[: 4 * (MOST + _LONGEST)].decode("utf-8", "replace").replace("\0", "")
    text = text[: MOST + _LONGEST]
    if found := _NAMES.search(text):
        text = text[: found.end()] + REMOVED
    return _clean_text(text)
