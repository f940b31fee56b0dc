"""Requests that no rule decided: malformed, or refused before; they are kept all the same.

A view notes what it is asked for. Where the answer then says that it never became a command, this
is stored with what was told: before the answer goes out, but nothing that fails here changes it.
"""

import json
import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from uuid import UUID

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from commands.engine.errors import Forbidden, Malformed
from commands.engine.preferences import preferences
from commands.engine.requests import dumps
from commands.engine.sanitizing import clean, sanitized
from eventstore.columns import BigInts, Texts, Uuids
from eventstore.http import SEE, NotFound, pointed, problem_body
from eventstore.ids import uuid7
from eventstore.pipeline import pipeline
from eventstore.together import Together

MOST = 60
"""Rows that one principal can fill in a minute, in each process."""

UNKNOWN = "unknown"
"""The command of a request that names none there is."""

KEPT = {400: "malformed", 413: "malformed", 415: "malformed", 403: "refused", 404: "refused"}
"""What a request is that was answered with this status before it was a command."""

ON_PAGES = {
    400: ("malformed", SEE),
    413: ("too-large", SEE),
    403: (Forbidden.code, Forbidden().detail),
    404: ("not-found", str(NotFound.__doc__)),
}
"""The problem that a program would be told, where a person is shown a page."""

INSERT = """
INSERT INTO commands_request (id, command, payload, fingerprint, principal, source, road, status,
    http_status, answer, events, decided_on, received_at, decided_at)
SELECT id, command, payload::json, '', principal, source, road, status, http_status, answer::json,
    0, '{}', received_at::timestamptz, clock_timestamp()
FROM (SELECT unnest(%s) AS id, unnest(%s) AS command, unnest(%s) AS payload,
    unnest(%s) AS principal, unnest(%s) AS source, unnest(%s) AS road, unnest(%s) AS status,
    unnest(%s) AS http_status, unnest(%s) AS answer, unnest(%s) AS received_at) AS new
ON CONFLICT (id) DO NOTHING"""
"""One whose refusal was decided after all has its row already."""

log = logging.getLogger(__name__)

kept: Counter[str] = Counter()
"""How many were `stored`, were `over` what a principal may fill, or `failed` to be stored."""
_lock = Lock()

Error = tuple[str, str]


@dataclass(slots=True, eq=False)
class Attempt:
    """A request for a command, as far as it came; `errors` are for who is shown a page."""

    command: str
    source: str
    sent: bytes | Mapping[str, Any] = b""
    arguments: Mapping[str, str] = field(default_factory=dict)
    road: str = "awaited"
    id: UUID = field(default_factory=uuid7)
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    is_command: bool = False
    errors: Iterable[Error] = ()
    principal: UUID | None = None
    http_status: int = 400
    problem: bytes = b""

    @property
    def payload(self) -> dict[str, Any]:
        return {**clean(self.arguments), **sanitized(self.sent)}

    @property
    def answer(self) -> dict[str, Any]:
        """What was told, in the form in which refusals are stored."""
        told = json.loads(self.problem) if self.problem else self._on_page()
        facts = {name: value for name, value in told.items() if name not in _OF_EACH}
        said = {"code": told["code"], "detail": told["detail"], "errors": told["errors"]}
        answer: dict[str, Any] = clean({**said, "pointer": "", "facts": facts})
        return answer

    def _on_page(self) -> dict[str, Any]:
        code, detail = ON_PAGES[self.http_status]
        return problem_body(code, self.http_status, detail, errors=pointed(self.errors))


_OF_EACH = problem_body("", 0, "").keys()


# --- what views say of a request ---------------------------------------------------------------


def note(request: HttpRequest, command: str, source: str, **about: Any) -> None:
    """A request is for this command; `about` it: what is `sent`, if not the body, and arguments."""
    if "sent" not in about:
        about["sent"] = body(request)
    about.setdefault("road", preferences(request.META.get("HTTP_PREFER")).road)
    about["id"] = request.id  # type: ignore[attr-defined]
    request.attempt = Attempt(command, source, **about)  # type: ignore[attr-defined]


def body(request: HttpRequest) -> bytes:
    """What was sent; a body that cannot be read was not."""
    with suppress(ValueError, OSError, SuspiciousOperation):
        return request.body
    return b""


def is_command(request: HttpRequest | Request) -> None:
    """A request has become a command: what comes of it has a row of its own."""
    if found := _noted(request):
        found.is_command = True


def is_wrong(request: HttpRequest, errors: Iterable[Error]) -> None:
    """A page says what is wrong with a request."""
    if found := _noted(request):
        found.errors = errors


def _noted(request: HttpRequest | Request) -> Attempt | None:
    return getattr(request, "attempt", None)


# --- how much is kept --------------------------------------------------------------------------


class Allowance:
    """What each principal may fill in a minute: a client that is broken must not fill the disk."""

    def __init__(self) -> None:
        self._lock, self._minute = Lock(), 0.0
        self._taken: Counter[UUID | None] = Counter()

    def has_place(self, principal: UUID | None) -> bool:
        """Whether one more may be kept, which it then is."""
        now = time.monotonic() // 60
        with self._lock:
            if now != self._minute:
                self._minute = now
                self._taken.clear()
            self._taken[principal] += 1
            return self._taken[principal] <= MOST


allowance = Allowance()


# --- what is kept ------------------------------------------------------------------------------


def remember(request: HttpRequest, response: HttpResponseBase) -> None:
    """Store a request whose answer says that it never became a command."""
    if found := _to_keep(request, response):
        _store_all([found])


async def aremember(request: HttpRequest, response: HttpResponseBase) -> None:
    """The same for an event loop: those of the same moment are stored together."""
    if found := _to_keep(request, response):
        try:
            await _together.found(found)
        except Exception as error:  # There may be no thread any more, at the very end.
            _failed(error, 1)


def remember_malformed(attempt: Attempt, error: Malformed) -> None:
    """Store a request that did not come over HTTP."""
    attempt.http_status = error.status
    attempt.errors = error.errors
    if _has_place(attempt.principal):
        _store_all([attempt])


def _has_place(principal: UUID | None) -> bool:
    has_place = allowance.has_place(principal)
    if not has_place:
        _count("over")
    return has_place


def _to_keep(request: HttpRequest, response: HttpResponseBase) -> Attempt | None:
    found, status = _noted(request), response.status_code
    if found is None or status not in KEPT or _is_rehearsal(request):
        return None
    if found.is_command and KEPT[status] == "refused":
        return None
    try:
        principal = getattr(request, "principal", None)
        if not principal or not _has_place(principal.user):
            return None
    except Exception as error:
        _failed(error, 1)
        return None
    found.principal, found.http_status = principal.user, status
    if response.headers.get("Content-Type") == "application/problem+json":
        found.problem = response.content  # type: ignore[attr-defined]
    return found


def _is_rehearsal(request: HttpRequest) -> bool:
    return "dry_run=true" in request.META.get("QUERY_STRING", "").split("&")


def _store_all(attempts: Sequence[Attempt]) -> dict[Attempt, None]:
    """Store these; what cannot be stored is only counted."""
    try:
        with pipeline() as execute:
            execute(INSERT, _columns(attempts))
        _count("stored", len(attempts))
    except Exception as error:
        _failed(error, len(attempts))
    return dict.fromkeys(attempts)


_together = Together(_store_all)


def _columns(attempts: Sequence[Attempt]) -> list[Any]:
    return [
        Uuids(each.id for each in attempts),
        Texts(each.command for each in attempts),
        Texts(dumps(each.payload) for each in attempts),
        Uuids(each.principal for each in attempts),
        Texts(each.source for each in attempts),
        Texts(each.road for each in attempts),
        Texts(KEPT[each.http_status] for each in attempts),
        BigInts(each.http_status for each in attempts),
        Texts(dumps(each.answer) for each in attempts),
        Texts(each.received_at for each in attempts),
    ]


def _count(what: str, many: int = 1) -> None:
    with _lock:
        kept[what] += many


def _failed(error: Exception, many: int) -> None:
    _count("failed", many)
    log.warning("%d requests that were never commands are not kept", many, exc_info=error)
