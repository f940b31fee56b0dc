"""JSON as the API takes it: every ambiguity is refused, with a pointer to its place."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from django.http import HttpRequest
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from commands.engine.errors import Malformed

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_DIGITS = 38
ENCODED = "A body with a Content-Encoding is not read; send it as it is, without that header."

# NUL and other controls but tab and line feed; marks that turn the direction of text.
UNFIT = r"\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNFIT = re.compile(rf"[{UNFIT}\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Wrong:
    """Stands where something is wrong, until the walk that knows its pointer comes by."""

    detail: str


class StrictJSONParser(BaseParser):
    """`application/json`, strictly."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        if is_encoded((parser_context or {})["request"]):
            raise UnsupportedMediaType(self.media_type, ENCODED)
        return parse(stream.read(MAX_BYTES + 1))


def is_encoded(request: HttpRequest | Request) -> bool:
    """Whether a body is said to be compressed, or in any other `Content-Encoding` (RFC 9110)."""
    return request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in ("", "identity")


def parse(body: bytes) -> dict[str, Any]:
    """The object that a body holds.

    Raises:
        Malformed: it is no UTF-8 JSON object, or has a duplicate key, a float, an integer of more
            than 38 digits, a control or direction mark, or is deeper than 32 or larger than 1 MiB.
    """
    if len(body) > MAX_BYTES:
        raise Malformed([("", "The body is larger than 1 MiB.")], status=413)
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_no_integer,
            parse_int=_integer,
            parse_constant=_no_integer,
        )
    except UnicodeDecodeError:
        raise Malformed([("", "The body is not UTF-8.")]) from None
    except json.JSONDecodeError as error:
        raise Malformed([("", f"The body is not JSON: {error.msg} at byte {error.pos}.")]) from None
    except RecursionError:
        raise Malformed([("", f"The body is more than {MAX_DEPTH} levels deep.")]) from None
    if not isinstance(value, dict):
        raise Malformed([("", "The body must be a JSON object.")])
    _check(value, "", 1)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                found[key] = _Wrong("This key stands there twice.")
            seen.add(key)
    return found


def _no_integer(text: str) -> _Wrong:
    return _Wrong(f"{text[:40]} is not an integer; amounts are integers in minor units.")


def _integer(text: str) -> int | _Wrong:
    # The length comes first: reading a million digits takes longer than any request may.
    if len(text.lstrip("-")) > MAX_DIGITS:
        return _Wrong(f"An integer has at most {MAX_DIGITS} digits.")
    return int(text)


def _check(value: Any, pointer: str, depth: int) -> None:
    if isinstance(value, _Wrong):
        raise Malformed([(pointer, value.detail)])
    if isinstance(value, str) and unfit(value):
        raise Malformed([(pointer, "Control characters and direction marks are refused.")])
    if not isinstance(value, dict | list):
        return
    if depth > MAX_DEPTH:
        raise Malformed([("", f"The body is more than {MAX_DEPTH} levels deep.")])
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        _check(key, pointer, depth)
        _check(item, f"{pointer}/{escaped(str(key))}", depth + 1)


def unfit(text: str) -> bool:
    """Whether a text holds what no name or description should."""
    return _UNFIT.search(text) is not None


def escaped(key: str) -> str:
    """A key as one step of a JSON pointer (RFC 6901)."""
    safe = key[:64].encode("utf-8", "replace").decode()
    return safe.replace("~", "~0").replace("/", "~1")
