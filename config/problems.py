"""From errors to problem+json (RFC 9457): the one table, for every layer that can fail."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestAborted,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_noop as kept
from rest_framework import exceptions

from commands.engine.errors import Malformed, Refused
from commands.engine.spoken import spoken
from eventstore.errors import StoreBusy, UnknownEvent
from eventstore.failures import UNANSWERED
from eventstore.http import (
    SEE,
    BadRequest,
    LogRestored,
    NotFound,
    ViewBehind,
    pointed,
    problem_body,
)

log = logging.getLogger(__name__)

API = "/api/"
AGAIN = frozenset({409, 429, 503, 504})
"""The statuses that say: send the same again later."""

PROBLEMS: dict[str, int] = {
    "malformed": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "not-acceptable": 406,
    "too-slow": 408,
    "log-restored": 410,
    "too-large": 413,
    "unsupported-media-type": 415,
    "throttled": 429,
    "internal": 500,
    "unavailable": 503,
    "busy": 503,
    "view-behind": 503,
    "outcome-unknown": 504,
}
"""The status of each code of ours; a domain's refusal brings its own."""


INTERNAL = "It is our fault and has been noted; nothing was done."
BUSY = kept("Others were in the way; send the same again.")
TOO_SLOW = kept("The body did not arrive in time; send it again at once.")
UNAVAILABLE = "The database does not answer; send the same again, with the same Idempotency-Key."


def problem(
    code: str,
    detail: str,
    *,
    status: int | None = None,
    errors: Iterable[Mapping[str, str]] = (),
    facts: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JsonResponse:
    """The answer for a code, with the status that the table gives it."""
    status = status or PROBLEMS[code]
    headers = {"Cache-Control": "no-store", **(headers or {})}
    if status in AGAIN:
        headers.setdefault("Retry-After", "1")
    body = problem_body(code, status, detail, errors=errors, facts=facts)
    return JsonResponse(
        body, status=status, content_type="application/problem+json", headers=headers
    )


def exception_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """DRF's hook: whatever a view raises becomes a problem, and what nobody foresaw is logged."""
    answer = foreseen(error) or _databases(error)
    if answer is None:
        log.error("unhandled in %s", context.get("view"), exc_info=error)
        answer = problem("internal", INTERNAL)
    return answer


def foreseen(error: Exception) -> HttpResponse | None:
    """The problem that an error of ours or the framework's is; None when it is of neither."""
    return _ours(error) or _frameworks(error)


def _ours(error: Exception) -> HttpResponse | None:
    match error:
        case Refused():
            headers = dict(error.headers)
            if error.retry_after is not None:
                headers["Retry-After"] = str(error.retry_after)
            said = error.as_answer()
            return problem(
                error.code,
                error.detail,
                status=error.status,
                errors=pointed([(error.pointer, error.detail)] if error.pointer else []),
                facts=said["facts"],
                headers=headers,
            )
        case Malformed():
            code = "too-large" if error.status == 413 else "malformed"
            return problem(code, SEE, errors=pointed(error.errors))
        case BadRequest():
            errors = [{"parameter": name, "detail": detail} for name, detail in error.errors]
            return problem("malformed", SEE, errors=errors)
        case LogRestored():
            return problem("log-restored", str(error.__doc__))
        case ViewBehind():
            facts = {"position": error.position}
            return problem("view-behind", str(error.__doc__), facts=facts)
        case NotFound() | Http404():
            return problem("not-found", str(NotFound.__doc__))
    return None


def _frameworks(error: Exception) -> HttpResponse | None:
    match error:
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            anonymous = isinstance(error, exceptions.NotAuthenticated)
            detail = "Send a token: Authorization: Bearer db_…" if anonymous else str(error.detail)
            return problem("unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})
        case exceptions.PermissionDenied():
            return problem("forbidden", str(error.detail))
        case PermissionDenied():
            return problem("forbidden", "You may not do this.")
        case RequestDataTooBig():
            return problem("too-large", "The body is too large.")
        case SuspiciousOperation():
            return problem("malformed", "The request cannot be read.")
        case exceptions.NotFound():
            return problem("not-found", str(NotFound.__doc__))
        case exceptions.MethodNotAllowed():
            return problem("method-not-allowed", str(error.detail))
        case exceptions.NotAcceptable():
            return problem("not-acceptable", str(error.detail))
        case exceptions.UnsupportedMediaType():
            return problem("unsupported-media-type", str(error.detail))
        case exceptions.Throttled():
            headers = {"Retry-After": str(int(getattr(error, "wait", None) or 1) + 1)}
            return problem("throttled", str(error.detail), headers=headers)
        case exceptions.APIException():
            return problem("malformed", str(error.detail))
    return None


def _databases(error: Exception) -> HttpResponse | None:
    match error:
        case StoreBusy() | IntegrityError():
            log.warning("conflict", exc_info=error)
            return problem("busy", BUSY)
        case UnknownEvent():
            log.error("written by newer code", exc_info=error)
            return problem("busy", BUSY)
        case OperationalError() | InterfaceError():
            log.error("the database does not answer", exc_info=error)
            return problem("unavailable", UNAVAILABLE)
        case DataError():
            log.warning("refused by the database", exc_info=error)
            return problem("malformed", "The database cannot keep a value of this request.")
    return None


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404 outside of any view: a problem for API clients, a page for people."""
    if request.path.startswith(API):
        return problem("not-found", str(NotFound.__doc__))
    return render(request, "404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 outside of any view."""
    if request.path.startswith(API):
        return problem("forbidden", "You may not do this.")
    return render(request, "403.html", status=403)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form without the secret of its page, from elsewhere or from before a log-in."""
    if request.path.startswith(API):
        return problem("forbidden", "The request lacks its CSRF token.")
    detail = kept("This form is from before you logged in, or from elsewhere; load its page again.")
    return render(request, "403.html", {"detail": spoken(detail)}, status=403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400 outside of any view: a host or a form that Django refused."""
    if request.path.startswith(API):
        return problem("malformed", "The request cannot be read.")
    return render(request, "400.html", status=400)


def unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    """A request whose body or query never got as far as a view."""
    code, detail = "malformed", kept("The request cannot be read: its query is not UTF-8.")
    if isinstance(error, RequestAborted):
        detail = kept("The body ended before it was complete.")
    elif isinstance(error, RequestDataTooBig):
        code = "too-large"
        detail = kept("The body is larger than any request here needs to be.")
    elif isinstance(error, TimeoutError):
        code, detail = "too-slow", TOO_SLOW
    if request.path.startswith(API):
        return problem(code, detail)
    return render(request, "400.html", {"detail": spoken(detail)}, status=PROBLEMS[code])


def unavailable(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """503: a page could not be made since the database does not answer, or not in time.

    Or since what it shows is not as far yet. None for other failures.
    """
    context = {}
    if isinstance(exception, ViewBehind):
        context["detail"] = spoken(str(exception.__doc__))
    elif isinstance(exception, UnknownEvent):
        log.error("written by newer code", exc_info=exception)
        context["detail"] = spoken(BUSY)
    elif isinstance(exception, (*UNANSWERED, StoreBusy)):
        log.error("the database does not answer", exc_info=exception)
    else:
        return None
    answer = render(request, "503.html", context, status=503)
    answer.headers["Retry-After"] = "5"
    return answer


def failed(request: HttpRequest) -> HttpResponse:
    """500: what no layer foresaw."""
    if request.path.startswith(API):
        return problem("internal", INTERNAL)
    return render(request, "500.html", {"id": getattr(request, "id", "")}, status=500)
