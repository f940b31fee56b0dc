"""What every answer carries: the request's id, who may read it, and what a page may load."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

from commands.access.principal import Principal
from commands.access.throttling import tell
from commands.engine.attempts import remember
from commands.engine.views import Awaited
from config.cors import share
from config.logs import REQUEST_ID
from config.metrics import count
from config.problems import API, unavailable
from eventstore.ids import uuid7

log = logging.getLogger(__name__)

POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"

Handler = Callable[[HttpRequest], HttpResponseBase]


@contextmanager
def numbered(request: HttpRequest) -> Iterator[Callable[[HttpResponseBase], None]]:
    """Give a request its id, in every log line and in its answer, and log how it went.

    Yields what completes the answer. A command's request row has the same id.
    """
    if not hasattr(request, "id"):
        request.id, request.began = uuid7(), time.perf_counter()  # type: ignore[attr-defined]
    id_, began = str(request.id), request.began  # type: ignore[attr-defined]

    def complete(response: HttpResponseBase) -> None:
        if isinstance(response, Awaited):
            return
        count(request, response)
        response.headers["Daybook-Request"] = id_
        response.headers.setdefault("Content-Security-Policy", POLICY)
        if request.path.startswith(API):
            patch_vary_headers(response, ("Authorization", "Cookie"))
            share(request, response)
            tell(request, response)
        elif settings.SESSION_COOKIE_NAME in request.COOKIES:
            # No cache shows what somebody saw to who comes after them.
            response.headers.setdefault("Cache-Control", "private, no-cache")
        principal = getattr(request, "principal", None)
        facts = {
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "milliseconds": round((time.perf_counter() - began) * 1000, 1),
        }
        if type(principal) is Principal:
            facts["user"] = str(principal.user)
        log.info("answered", extra=facts)

    token = REQUEST_ID.set(id_)
    try:
        yield complete
    finally:
        REQUEST_ID.reset(token)


def every_answer(get_response: Handler) -> Handler:
    """The same, as a middleware."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with numbered(request) as complete:
            response = get_response(request)
            remember(request, response)
            complete(response)
        return response

    # Django asks it what to answer when a view raises.
    middleware.process_exception = unavailable  # type: ignore[attr-defined]
    return middleware


def compress(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Compress an answer for who takes that.

    Of the API only what is read: not the short answers to commands, not what strong ETags say the
    very bytes of, nor what must not wait for more.
    """
    whole = request.method != "GET" or "ETag" in response.headers or response.streaming
    if whole and request.path.startswith(API):
        return response
    return _GZIP.process_response(request, response)


_GZIP = GZipMiddleware(lambda request: HttpResponse())


def compressed(get_response: Handler) -> Handler:
    """The same, as a middleware."""
    return lambda request: compress(request, get_response(request))
