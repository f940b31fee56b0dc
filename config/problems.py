"""From errors to problem+json (RFC 9457): the one table, for every layer that can fail."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions

from commands.engine.errors import Malformed, Refused
from eventstore.errors import StoreBusy
from eventstore.http import BadRequest, LogRestored, NotFound

log = logging.getLogger(__name__)

API = "/api/"
AGAIN = frozenset({409, 429, 503})
"""The statuses that say: send the same again later."""

# code: (status, title). A refusal of a domain that is not listed brings its own status.
PROBLEMS: dict[str, tuple[int, str]] = {
    "malformed": (400, "The request is malformed"),
    "unauthenticated": (401, "Who are you?"),
    "forbidden": (403, "Not allowed"),
    "not-found": (404, "Not found"),
    "account-not-found": (404, "There is no such account"),
    "user-not-found": (404, "There is no such user"),
    "method-not-allowed": (405, "Not a method of this address"),
    "not-acceptable": (406, "Only JSON is spoken here"),
    "too-slow": (408, "The body took too long"),
    "in-progress": (409, "A request with this key is being decided"),
    "log-restored": (410, "The log was restored"),
    "stale-version": (412, "The version is stale"),
    "too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "Send application/json"),
    "account-exists": (422, "The account exists"),
    "payee-unavailable": (422, "The payee is unavailable"),
    "same-account": (422, "One account twice"),
    "currency-mismatch": (422, "The currencies differ"),
    "not-balanced": (422, "The legs do not balance"),
    "date-in-future": (422, "The date is in the future"),
    "insufficient-funds": (422, "Insufficient funds"),
    "idempotency-key-reused": (422, "The idempotency key was used before"),
    "throttled": (429, "Too many requests"),
    "internal": (500, "Something failed here"),
    "busy": (503, "Busy"),
    "unavailable": (503, "The database does not answer"),
}


def problem(
    code: str,
    detail: str,
    *,
    status: int | None = None,
    errors: Iterable[tuple[str, str]] = (),
    facts: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JsonResponse:
    """The answer for a code, with the status and title that the table gives it."""
    listed, title = PROBLEMS.get(code, (status, code.replace("-", " ").capitalize()))
    status = status or listed or 500
    headers = dict(headers or {})
    if status in AGAIN:
        headers.setdefault("Retry-After", "1")
    body = {
        **(facts or {}),
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [{"pointer": pointer, "detail": sentence} for pointer, sentence in errors],
    }
    return JsonResponse(
        body, status=status, content_type="application/problem+json", headers=headers
    )


def exception_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """DRF's hook: whatever a view raises becomes a problem, and what nobody foresaw is logged."""
    answer = _ours(error) or _frameworks(error) or _databases(error)
    if answer is None:
        log.error("unhandled in %s", context.get("view"), exc_info=error)
        answer = problem("internal", "It is our fault and has been noted; nothing was done.")
    return answer


def _ours(error: Exception) -> HttpResponse | None:
    match error:
        case Refused():
            headers = dict(error.headers)
            if error.retry_after is not None:
                headers["Retry-After"] = str(error.retry_after)
            errors = [(error.pointer, error.detail)] if error.pointer else []
            facts = error.as_answer()["facts"]
            return problem(
                error.code,
                error.detail,
                status=error.status,
                errors=errors,
                facts=facts,
                headers=headers,
            )
        case Malformed():
            code = "too-large" if error.status == 413 else "malformed"
            return problem(code, "See errors for what is wrong and where.", errors=error.errors)
        case BadRequest():
            errors = [(f"?{name}", sentence) for name, sentence in error.errors]
            return problem("malformed", "See errors for what is wrong and where.", errors=errors)
        case LogRestored():
            return problem("log-restored", str(error.__doc__))
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
            return problem("busy", "Others were in the way; send the same again.")
        case OperationalError() | InterfaceError():
            log.error("the database does not answer", exc_info=error)
            return problem(
                "unavailable",
                "It does not answer; send the same again, with the same Idempotency-Key.",
            )
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


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400 outside of any view: a host or a form that Django refused."""
    if request.path.startswith(API):
        return problem("malformed", "The request cannot be read.")
    return render(request, "400.html", status=400)


def unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
    """A request whose body or query never got as far as a view."""
    code, detail = "malformed", "The request cannot be read: its query is not UTF-8."
    if isinstance(error, RequestDataTooBig):
        code, detail = "too-large", "The body is larger than any request here needs to be."
    elif isinstance(error, TimeoutError):
        code, detail = "too-slow", "The body did not arrive in time; send it again at once."
    if request.path.startswith(API):
        return problem(code, detail)
    return render(request, "400.html", {"detail": detail}, status=PROBLEMS[code][0])


def failed(request: HttpRequest) -> HttpResponse:
    """500: what no layer foresaw."""
    if request.path.startswith(API):
        return problem("internal", "It is our fault and has been noted; nothing was done.")
    return render(request, "500.html", status=500)
