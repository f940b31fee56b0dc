"""Pages of other origins: which may use the API (CORS), with tokens and never with cookies."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

SENT = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
    "Prefer",
)
"""The headers of requests that mean something here and that browsers ask about."""

READ = (
    "Allow",
    "Daybook-Dry-Run",
    "Daybook-Epoch",
    "Daybook-Format",
    "Daybook-Position",
    "Daybook-Request",
    "Deprecation",
    "ETag",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Sunset",
    "WWW-Authenticate",
)
"""The headers of answers that a page may read."""

REMEMBERED = 600
"""Seconds for which a browser need not ask again whether it may ask."""


def share(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let the page that asks read this answer, if its origin is among those that may.

    The answer to a browser that asks before it asks (a preflight) says what may be sent. Nothing
    allows credentials: a browser then shows a page no answer to what it sent with cookies.
    """
    if not settings.DAYBOOK_CORS_ORIGINS:
        return
    patch_vary_headers(response, ("Origin",))
    origin = request.headers.get("Origin")
    if origin in settings.DAYBOOK_CORS_ORIGINS:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = ", ".join(READ)
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
            response.headers["Access-Control-Allow-Headers"] = ", ".join(SENT)
            response.headers["Access-Control-Max-Age"] = str(REMEMBERED)
