"""How many requests a principal may make: a bucket of tokens each, in every process."""

import time
from dataclasses import dataclass
from math import ceil
from threading import Lock
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

MOST = 10_000
"""Buckets that are kept; beyond that all begin anew, which is lenient and bounded."""

_buckets: dict[UUID, tuple[float, float]] = {}
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Quota:
    """What a user may still ask for: a bucket with `tokens` in it, filled at a `rate` a second."""

    rate: float
    tokens: float
    is_enough: bool = True

    @property
    def size(self) -> float:
        return max(self.rate, 1.0)

    @property
    def wait(self) -> float:
        """Seconds until there is a token for a request that found none; 0 for one that did."""
        return 0.0 if self.is_enough else (1 - self.tokens) / self.rate

    @property
    def headers(self) -> dict[str, str]:
        """The same as fields of an answer: whole requests, and whole seconds until all are back."""
        whole, full = ceil(self.size / self.rate), ceil((self.size - self.tokens) / self.rate)
        return {
            "RateLimit-Policy": f'"user";q={int(self.size)};w={whole}',
            "RateLimit": f'"user";r={int(self.tokens)};t={full}',
        }


class PrincipalRate(BaseThrottle):
    """DAYBOOK_RATE_LIMIT requests a second in the long run, as many at once; 0 is no limit."""

    seconds = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        rate, principal = settings.DAYBOOK_RATE_LIMIT, getattr(request, "principal", None)
        if not rate or not principal:
            return True
        quota = taken(principal.user, rate, time.monotonic())
        asked: Any = getattr(request, "_request", request)
        asked.quota = quota
        self.seconds = quota.wait
        return quota.is_enough

    def wait(self) -> float:
        return self.seconds


def taken(user: UUID, rate: float, now: float) -> Quota:
    """Take a token out of a user's bucket, if there is one; and what is left then."""
    size = max(rate, 1.0)
    with _lock:
        tokens, at = _buckets.get(user, (size, now))
        tokens = min(size, tokens + (now - at) * rate)
        if tokens < 1:
            return Quota(rate, tokens, is_enough=False)
        if len(_buckets) >= MOST:
            _buckets.clear()
        _buckets[user] = tokens - 1, now
    return Quota(rate, tokens - 1)


def tell(request: HttpRequest, response: HttpResponseBase) -> None:
    """Say in an answer what its request has left of a quota, if there is one."""
    if quota := getattr(request, "quota", None):
        for name, said in quota.headers.items():
            response.headers[name] = said
