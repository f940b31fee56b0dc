"""How many requests a principal may make: a bucket of tokens each, in every process."""

import time
from threading import Lock
from typing import Any
from uuid import UUID

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

MOST = 10_000
"""Buckets that are kept; beyond that all begin anew, which is lenient and bounded."""

_buckets: dict[UUID, tuple[float, float]] = {}
_lock = Lock()


class PrincipalRate(BaseThrottle):
    """DAYBOOK_RATE_LIMIT requests a second in the long run, as many at once; 0 is no limit."""

    seconds = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        rate, principal = settings.DAYBOOK_RATE_LIMIT, getattr(request, "principal", None)
        if not rate or not principal:
            return True
        self.seconds = taken(principal.user, rate, time.monotonic())
        return not self.seconds

    def wait(self) -> float:
        return self.seconds


def taken(user: UUID, rate: float, now: float) -> float:
    """Take a token out of a user's bucket; 0, or the seconds until there is one."""
    size = max(rate, 1.0)
    with _lock:
        tokens, at = _buckets.get(user, (size, now))
        tokens = min(size, tokens + (now - at) * rate)
        if tokens < 1:
            return (1 - tokens) / rate
        if len(_buckets) >= MOST:
            _buckets.clear()
        _buckets[user] = tokens - 1, now
    return 0.0
