"""What of the API is to go says so in each of its answers, for as long as it is there."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.http.response import HttpResponseBase
from django.utils.http import http_date


@dataclass(frozen=True, slots=True)
class Leaving:
    """An operation is deprecated `since` a day, and may be gone on another; `why` is an address.

    A view that has one as its `leaving` is marked in the OpenAPI document as well.
    """

    since: date
    gone: date
    why: str

    def tell(self, answer: HttpResponseBase) -> None:
        """Say so with `Deprecation` (RFC 9745) and `Sunset` (RFC 8594)."""
        answer.headers["Deprecation"] = f"@{_midnight(self.since)}"
        answer.headers["Sunset"] = http_date(_midnight(self.gone))
        link = f'<{self.why}>; rel="deprecation"'
        others = answer.headers.get("Link")
        answer.headers["Link"] = f"{others}, {link}" if others else link


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
