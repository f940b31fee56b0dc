"""What a client prefers about how its request is answered: the header Prefer (RFC 7240)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_WAIT = 60
"""Seconds for which a connection waits at most, however long its client would."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """Whether to be answered before the outcome is known; if so, after how many seconds at last."""

    respond_async: bool = False
    wait: int = 0

    @property
    def road(self) -> str:
        if not self.respond_async:
            return "awaited"
        return "gateway" if self.wait else "queued"

    def applied(self, *, in_time: bool) -> str:
        """Which of them were, as the header Preference-Applied says it; empty for none."""
        if not self.respond_async:
            return ""
        if not in_time:
            return "respond-async"
        return f"wait={self.wait}" if self.wait else ""


LONGEST = 1_000
"""Characters of a header that are looked at."""

AWAITED = Preferences()


def preferences(header: str | None) -> Preferences:
    """What a Prefer header says of ours: what it says else, or in another form, is ignored.

    Of a preference that is given twice the first counts.
    """
    if not header:
        return Preferences()
    found: dict[str, str] = {}
    for name, value in _pairs(header):
        found.setdefault(name, value)
    respond_async = found.get("respond-async") == ""
    wait = found.get("wait", "")
    seconds = int(wait) if re.fullmatch(r"[0-9]{1,9}", wait, re.ASCII) else 0
    return Preferences(respond_async, min(seconds, MAX_WAIT))


def _pairs(header: str) -> Iterator[tuple[str, str]]:
    """Names and values; parameters of a preference, behind a semicolon, mean nothing here."""
    for part in _parted(header[:LONGEST], ","):
        name, _, value = _parted(part, ";")[0].partition("=")
        name, value = name.strip(" \t").lower(), value.strip(" \t")
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
        if _NAME.fullmatch(name):
            yield name, value


def _parted(text: str, sign: str) -> list[str]:
    """The parts of a text between these signs, but for those that are quoted."""
    parts, quoted, start, escaped = [], False, 0, False
    for place, letter in enumerate(text):
        if escaped or (quoted and letter == "\\"):
            escaped = not escaped
        elif letter == '"':
            quoted = not quoted
        elif letter == sign and not quoted:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
