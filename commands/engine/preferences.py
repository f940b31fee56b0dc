"""What a client prefers about how its request is answered: the header Prefer (RFC 7240)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PREFERENCE = re.compile(
    rf"""[ \t]*(?P<name>{WORD})(?:[ \t]*=[ \t]*(?P<value>{WORD}|"(?:[^"\\]|\\.)*")?)?"""
    rf"""(?:[ \t]*;[ \t]*(?:{WORD}(?:[ \t]*=[ \t]*(?:{WORD}|"(?:[^"\\]|\\.)*")?)?)?)*[ \t]*""",
    re.ASCII,
)
_PART = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")*')

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


def _pairs(header: str) -> Iterable[tuple[str, str]]:
    for part in _PART.findall(header):
        if match := _PREFERENCE.fullmatch(part):
            value = match["value"] or ""
            if value.startswith('"'):
                value = re.sub(r"\\(.)", r"\1", value[1:-1])
            yield match["name"].lower(), value
